#pragma once
#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/containers/image_store.hpp"
#include "emulator/containers/runtime.hpp"

// What runs in a container: Docker's rules for putting a task definition over an image. Pure.
namespace enibox::containers {

inline constexpr std::string_view kDefaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Docker's text when there is nothing to run.
inline constexpr std::string_view kNoCommand = "No command specified";

// An entry point of the specification drops the image's command. Throws std::runtime_error with
// kNoCommand when nothing is left to run.
std::vector<std::string> merge_argv(const ImageConfig& image, const ContainerSpec& spec);

// PATH, HOSTNAME and (with a tty) TERM first, then the image's, then the specification's: each name
// once, where it first stood, with its last value.
std::vector<std::string> merge_env(const ImageConfig& image, const ContainerSpec& spec,
                                   const std::string& hostname);
// `over` by name on top of `base`.
std::vector<std::string> override_env(std::vector<std::string> base,
                                      const std::vector<std::string>& over);

// "/" when neither says anything.
std::string merge_working_directory(const ImageConfig& image, const ContainerSpec& spec);

struct UserIds {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> supplementary;
  std::string home = "/", name, shell = "/bin/sh";
  bool operator==(const UserIds&) const = default;
};
// "", "1000", "www", "1000:33", "www:adm", looked up in the texts of /etc/passwd and /etc/group.
// Throws std::runtime_error with Docker's text for an unknown name.
UserIds look_up_user(const std::string& user, std::string_view passwd, std::string_view group);

// Docker's default set with the additions and without the drops ("ALL" is every one), as far as
// this process may hand them on. Names with or without "CAP_". Throws for an unknown name.
std::set<std::string> capabilities_of(const ContainerSpec& spec, std::uint64_t bounding_set);
std::uint64_t own_bounding_set();

// "SIGQUIT", "quit", "3": as in an image's StopSignal and in `docker kill`. nullopt: no such
// signal.
std::optional<int> signal_number(std::string text);

}  // namespace enibox::containers
