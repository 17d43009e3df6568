#pragma once
#include <string>
#include <vector>

#include "netns/namespace.hpp"

namespace enibox::netns {

struct Sysctl {
  std::string name;  // "net/ipv4/ip_forward", below /proc/sys
  std::string value;
  bool optional = false;  // a kernel without it (no IPv6) is fine
};

// Writes kernel settings of the calling thread's namespace: call it inside Namespace::run().
// New namespaces inherit some of the host's values, so say everything that matters.
void write_sysctls(const std::vector<Sysctl>& settings);
// The same, entering the namespace.
void write_sysctls(const Namespace& where, const std::vector<Sysctl>& settings);
std::string read_sysctl(const Namespace& where, const std::string& name);

}  // namespace enibox::netns
