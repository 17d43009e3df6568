#pragma once
#include <string>

#include "emulator/vpc/network.hpp"

namespace enibox::test {

// An entry of a network ACL, told in a line.
inline vpc::AclEntry acl_entry(int number, bool egress, bool allow,
                               const std::string& cidr = "0.0.0.0/0",
                               const std::string& protocol = "-1", int from = -1, int to = -1) {
  return {.egress = egress,
          .number = number,
          .allow = allow,
          .protocol = protocol,
          .from_port = from,
          .to_port = to,
          .cidr = cidr};
}

}  // namespace enibox::test
