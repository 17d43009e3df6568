#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulator/vpc/network.hpp"

// What a VPC router filters, as text in nft's language: pure functions of groups and ENIs, so that
// every rule can be read and tested without a kernel. docs/topology.md shows the result.
namespace enibox::vpc {

// One command and about how large it is as netlink messages.
struct Command {
  std::string text;
  std::size_t netlink_bytes = 0;
};
using Commands = std::vector<Command>;

// Joins commands into transactions below the limit: a user namespace's netlink socket takes about
// 208 KB at a time.
std::vector<std::string> transactions(const Commands& commands, std::size_t limit = 100'000);

// A packet's mark while it is in the router: who sent it, and what the gates note on the way.
//   bits 0-11   number of the sender's subnet, which chooses its route table
//   bits 12-29  number of the sender's ENI
//   bit 30, 31  the other direction of the judged ENI is open for UDP, TCP
inline constexpr std::uint32_t kSubnetBits = 12;
inline constexpr std::uint32_t kOpenUdp = 0x40000000;
inline constexpr std::uint32_t kOpenTcp = 0x80000000;

// A flow's mark: which gates admitted it without tracking it (EC2: an all-addresses rule, the other
// direction open). Their packets are judged one by one.
inline constexpr std::uint32_t kUntrackedAtSender = 0x1;
inline constexpr std::uint32_t kUntrackedAtReceiver = 0x2;

// An ENI as the filters see it.
struct FilteredEni {
  int number = 0;
  int link_index = 0;  // of the router's device that its packets come by
  std::string mac;
  std::string address;
  int subnet_number = 0;
  std::vector<std::string> group_ids;
  bool source_dest_check = true;

  std::uint32_t mark() const {
    return static_cast<std::uint32_t>(number) << kSubnetBits |
           static_cast<std::uint32_t>(subnet_number);
  }
  bool operator==(const FilteredEni&) const = default;
};

// The tables, maps and gates, closed; replaces what was there.
Commands render_gates();

// The filters of one router. Each change answers the commands that bring a kernel holding the
// state before it to the state after it: a few set elements, at most one chain with its rules. The
// model changes at once; who cannot apply the commands makes the opposite change and drops its
// commands. Throws std::system_error (Invalid argument) for what cannot be rendered, unchanged.
class Ruleset {
 public:
  Commands put_eni(const FilteredEni& eni);
  Commands remove_eni(int number);
  Commands put_group(const GroupSpec& group);
  Commands remove_group(const std::string& group_id);

  // Everything from nothing, gates first and closed: for start-up and recovery.
  Commands render() const;

  std::optional<FilteredEni> eni(int number) const;
  std::optional<GroupSpec> group(const std::string& group_id) const;

 private:
  // A group in the kernel: a set of members and a chain for each direction. It is there while it is
  // declared, carried by an ENI or named by a rule.
  struct Group {
    std::optional<GroupSpec> spec;
    int carriers = 0;  // sets of groups with it
    int namers = 0;    // groups with a rule that names it
  };
  // A distinct set of groups: one chain for each direction, however many ENIs have it.
  struct GroupSet {
    int number = 0;
    int users = 0;
  };
  using GroupIds = std::set<std::string>;

  void need_group(const std::string& id, Commands& out);
  void release_group(const std::string& id, Commands& out);
  const GroupSet& take_set(const GroupIds& ids, Commands& out);
  void leave_set(const GroupIds& ids, Commands& out);
  void fill_group(const Group& group, const std::string& id, Commands& out) const;
  void fill_set(const GroupIds& ids, int number, Commands& out) const;
  std::uint32_t open_flags(const GroupIds& ids, bool egress) const;
  int set_number(const GroupIds& ids) const { return sets_.at(ids).number; }

  std::map<int, FilteredEni> enis_;
  std::map<std::string, Group> groups_;
  std::map<GroupIds, GroupSet> sets_;
  int last_set_ = 0;
};

}  // namespace enibox::vpc
