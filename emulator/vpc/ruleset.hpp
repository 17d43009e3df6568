#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulator/vpc/acl_filters.hpp"
#include "emulator/vpc/commands.hpp"
#include "emulator/vpc/gates.hpp"
#include "emulator/vpc/network.hpp"
#include "emulator/vpc/prefix_list_sets.hpp"

// What a VPC router filters, as text in nft's language: pure functions of groups, network ACLs and
// ENIs, so that every rule can be read and tested without a kernel. docs/data-path.md tells how a
// packet meets them, docs/topology.md shows the result.
namespace enibox::vpc {

// An ENI as the filters see it. A gateway (the internet's, a peering's end) is one, too: in no
// subnet, unchecked, unjudged, handed its packets at `address`.
struct FilteredEni {
  int number = 0;
  int link_index = 0;  // of the router's device that its packets come by
  std::string mac;
  std::string address;                                // what it is handed packets at (next hop)
  std::vector<std::string> secondary_addresses = {};  // its others
  int subnet_number = 0;                              // 0: outside of all subnets
  std::vector<std::string> group_ids;
  bool source_dest_check = true;  // only its addresses, as source and as destination
  bool judged_by_groups = true;   // false: no group says what it may

  std::uint32_t mark() const {
    return static_cast<std::uint32_t>(number) << kSubnetBits |
           static_cast<std::uint32_t>(subnet_number);
  }
  bool operator==(const FilteredEni&) const = default;
};

// The filters of one router. Each change answers the commands that bring a kernel holding the
// state before it to the state after it: a few set elements, at most one chain with its rules. The
// model changes at once; who cannot apply the commands makes the opposite change and drops its
// commands. Throws std::system_error (Invalid argument) for what cannot be rendered, unchanged.
class Ruleset {
 public:
  explicit Ruleset(int service_packets_per_second = kServicePacketsPerSecond)
      : service_packets_per_second_(service_packets_per_second) {}

  Commands put_eni(const FilteredEni& eni);
  Commands remove_eni(int number);
  Commands put_group(const GroupSpec& group);
  Commands remove_group(const std::string& group_id);
  Commands put_prefix_list(const PrefixListSpec& list) { return lists_.put(list); }
  Commands remove_prefix_list(const std::string& id) { return lists_.remove(id); }
  Commands put_acl(const FilteredAcl& acl) { return acls_.put(acl); }
  Commands remove_acl(const std::string& acl_id) { return acls_.remove(acl_id); }
  Commands replace_acls(const AclFilters::Acls& acls) { return acls_.replace(acls); }
  // Members of a group of another VPC, whose ENIs are not this router's: a rule here may name them.
  Commands set_foreign_members(const std::string& group_id, const std::set<std::string>& addresses);
  Commands put_service(const LocalService& service);
  Commands remove_service(const LocalService& service);

  // Counts flows from now on, or no longer.
  Commands count_flows(bool on);
  // Lets the other half of the counters count, from nothing. Only while flows are counted.
  Commands turn_flow_counters();
  // The half that counts; none while no flows are counted.
  std::optional<int> flow_half() const { return flow_half_; }

  // Everything from nothing, gates first and closed: for start-up and recovery.
  Commands render() const;

  std::optional<FilteredEni> eni(int number) const;
  std::optional<GroupSpec> group(const std::string& group_id) const;
  std::optional<PrefixListSpec> prefix_list(const std::string& id) const { return lists_.find(id); }
  const AclFilters::Acls& acls() const { return acls_.all(); }
  std::set<std::string> foreign_members(const std::string& group_id) const;
  // The private addresses of the ENIs here that carry the group.
  std::set<std::string> members(const std::string& group_id) const;
  // The groups that rules here name and that are not declared here, and those that were such.
  std::set<std::string> foreign_groups() const;

 private:
  // A group in the kernel: a set of members and a chain for each direction. It is there while it is
  // declared, carried by an ENI, named by a rule or has members elsewhere.
  struct Group {
    std::optional<GroupSpec> spec;
    int carriers = 0;  // sets of groups with it
    int namers = 0;    // groups with a rule that names it
    std::set<std::string> foreign_members;
  };
  // A distinct set of groups: one chain for each direction, however many ENIs have it.
  struct GroupSet {
    int number = 0;
    int users = 0;
  };
  using GroupIds = std::set<std::string>;

  void need_group(const std::string& id, Commands& out);
  void release_group(const std::string& id, Commands& out);
  void take_set(const GroupIds& ids, Commands& out);
  void leave_set(const GroupIds& ids, Commands& out);
  void fill_group(const Group& group, const std::string& id, Commands& out) const;
  void fill_set(const GroupIds& ids, int number, Commands& out) const;
  void refill_sets_with(const std::string& group_id, Commands& out) const;
  void add_flow_counters(Commands& out) const;
  std::uint32_t open_flags(const GroupIds& ids, bool egress) const;
  Elements elements_of(const FilteredEni& eni) const;

  int service_packets_per_second_;
  std::set<LocalService> services_;
  std::map<int, FilteredEni> enis_;
  std::map<std::string, Group> groups_;
  std::map<GroupIds, GroupSet> sets_;
  int last_set_ = 0;
  PrefixListSets lists_;
  AclFilters acls_;
  std::optional<int> flow_half_;
};

}  // namespace enibox::vpc
