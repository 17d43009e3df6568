#pragma once
#include <set>
#include <string>

#include "api/json.hpp"

namespace enibox::containers {

// What a profile in Docker's format is narrowed down to.
struct SeccompTarget {
  std::string architecture;            // as Go names it: "amd64", "arm64"
  std::set<std::string> capabilities;  // "CAP_SYS_ADMIN", of the container
  int kernel_major = 0, kernel_minor = 0;
};

// The linux.seccomp object of a bundle's config.json for a profile in the format of Docker and
// containers-common: architectures of the machine, and the rules whose `includes` and `excludes`
// hold. OCI runtime-spec, config-linux.md "Seccomp". Throws std::runtime_error when the text is no
// such profile.
Json seccomp_for(const Json& profile, const SeccompTarget& target);

// This machine's architecture and kernel.
SeccompTarget seccomp_target_here(std::set<std::string> capabilities);

}  // namespace enibox::containers
