#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "emulator/vpc/network.hpp"

// A security group's rules as nft rules. Pure.
namespace enibox::vpc {

// The set of a group's members, by private address.
std::string members_set(const std::string& group_id);

// The rules of one direction, in the order to be asked; each ends in accept or goes on to
// open-in/open-out. What names IPv6 is left out. Throws std::system_error (Invalid argument) for a
// protocol, port range or block that is none.
std::vector<std::string> render_rules(const std::vector<GroupRule>& rules, bool egress);

// kOpenTcp and kOpenUdp: the direction admits all addresses and ports of that protocol.
std::uint32_t open_protocols(const std::vector<GroupRule>& rules, bool egress);

// The groups and the prefix lists that the rules name.
std::set<std::string> named_groups(const std::vector<GroupRule>& rules);
std::set<std::string> named_lists(const std::vector<GroupRule>& rules);

}  // namespace enibox::vpc
