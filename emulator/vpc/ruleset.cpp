#include "emulator/vpc/ruleset.hpp"

#include <algorithm>
#include <utility>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/flow_counters.hpp"
#include "emulator/vpc/group_rules.hpp"

namespace enibox::vpc {
namespace {

constexpr const char* kMembersType = "ipv4_addr";
constexpr std::size_t kFlowCommandBytes = 20'000;  // measured, rounded up

std::string set_chain(int number, bool egress) {
  return "groups-" + std::to_string(number) + (egress ? "-out" : "-in");
}

std::string group_chain(const std::string& id, bool egress) {
  return id + (egress ? "-out" : "-in");
}

void add_group(Commands& out, const std::string& id) {
  add_set(out, members_set(id), kMembersType);
  add_chain(out, group_chain(id, false));
  add_chain(out, group_chain(id, true));
}

std::set<std::string> ids_of(const FilteredEni& eni) {
  if (!eni.judged_by_groups) return {};
  return {eni.group_ids.begin(), eni.group_ids.end()};
}

std::vector<std::string> addresses_of(const FilteredEni& eni) {
  std::vector<std::string> all{eni.address};
  all.insert(all.end(), eni.secondary_addresses.begin(), eni.secondary_addresses.end());
  return all;
}

Element service_element(const LocalService& service) {
  const auto address = IpAddress::parse(service.address);
  if (!address || address->is_v6() || (service.protocol != "udp" && service.protocol != "tcp"))
    throw std::system_error(EINVAL, std::generic_category(),
                            "service " + service.protocol + " at '" + service.address + "'");
  return {address->text() + " . " + service.protocol + " . " + std::to_string(service.port), {}};
}

Elements member_elements(const std::string& group_id, const std::set<std::string>& addresses) {
  Elements all;
  for (const auto& address : addresses)
    all[in_table(members_set(group_id))].push_back({address, {}});
  return all;
}

// Who it is and what it is handed.
Elements identity_of(const FilteredEni& eni) {
  const std::string device = std::to_string(eni.link_index) + " . " + eni.mac;
  const std::string mark = hex(eni.mark());
  Elements all;
  for (const auto& address : addresses_of(eni)) {
    all["arp vpc senders"].push_back({device + " . " + address, {}});
    if (!eni.source_dest_check) continue;
    all[in_table("senders")].push_back({device + " . " + address, mark});
    all[in_table("receivers")].push_back({eni.address + " . " + address, {}});
  }
  if (!eni.source_dest_check) {
    all[in_table("unchecked-senders")].push_back({device, mark});
    all[in_table("unchecked-receivers")].push_back({eni.address, {}});
  }
  return all;
}

}  // namespace

std::optional<FilteredEni> Ruleset::eni(int number) const {
  const auto found = enis_.find(number);
  return found == enis_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<GroupSpec> Ruleset::group(const std::string& group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? std::nullopt : found->second.spec;
}

std::set<std::string> Ruleset::foreign_members(const std::string& group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? std::set<std::string>() : found->second.foreign_members;
}

std::set<std::string> Ruleset::members(const std::string& group_id) const {
  std::set<std::string> all;
  for (const auto& [number, eni] : enis_)
    if (ids_of(eni).contains(group_id))
      for (const auto& address : addresses_of(eni)) all.insert(address);
  return all;
}

std::set<std::string> Ruleset::foreign_groups() const {
  std::set<std::string> ids;
  for (const auto& [id, group] : groups_)
    if ((!group.spec && group.namers > 0) || !group.foreign_members.empty()) ids.insert(id);
  return ids;
}

void Ruleset::need_group(const std::string& id, Commands& out) {
  if (groups_.try_emplace(id).second) add_group(out, id);
}

void Ruleset::release_group(const std::string& id, Commands& out) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) return;
  const Group& group = found->second;
  if (group.spec || group.carriers > 0 || group.namers > 0 || !group.foreign_members.empty())
    return;
  delete_chain(out, group_chain(id, false));
  delete_chain(out, group_chain(id, true));
  delete_set(out, members_set(id));
  groups_.erase(found);
}

void Ruleset::fill_group(const Group& group, const std::string& id, Commands& out) const {
  if (!group.spec) return;
  for (const bool egress : {false, true})
    for (const auto& rule : render_rules(group.spec->rules, egress))
      add_rule(out, group_chain(id, egress), rule);
}

std::uint32_t Ruleset::open_flags(const GroupIds& ids, bool egress) const {
  std::uint32_t open = 0;
  for (const auto& id : ids)
    if (const auto& spec = groups_.at(id).spec) open |= open_protocols(spec->rules, egress);
  return open;
}

// Says first whether the other direction is open, since an all-addresses rule tracks nothing then.
void Ruleset::fill_set(const GroupIds& ids, int number, Commands& out) const {
  for (const bool egress : {false, true}) {
    const std::string name = set_chain(number, egress);
    add_rule(out, name,
             "meta mark set meta mark & " + hex(~(kOpenTcp | kOpenUdp)) + " | " +
                 hex(open_flags(ids, !egress)));
    for (const auto& id : ids) add_rule(out, name, "jump " + group_chain(id, egress));
  }
}

void Ruleset::refill_sets_with(const std::string& group_id, Commands& out) const {
  for (const auto& [ids, set] : sets_) {
    if (!ids.contains(group_id)) continue;
    flush_chain(out, set_chain(set.number, false));
    flush_chain(out, set_chain(set.number, true));
    fill_set(ids, set.number, out);
  }
}

void Ruleset::take_set(const GroupIds& ids, Commands& out) {
  const auto [entry, is_new] = sets_.try_emplace(ids);
  GroupSet& set = entry->second;
  if (is_new) {
    set.number = ++last_set_;
    for (const auto& id : ids) {
      need_group(id, out);
      ++groups_.at(id).carriers;
    }
    add_chain(out, set_chain(set.number, false));
    add_chain(out, set_chain(set.number, true));
    fill_set(ids, set.number, out);
  }
  ++set.users;
}

void Ruleset::leave_set(const GroupIds& ids, Commands& out) {
  const auto entry = sets_.find(ids);
  if (--entry->second.users > 0) return;
  const int number = entry->second.number;
  sets_.erase(entry);
  delete_chain(out, set_chain(number, false));
  delete_chain(out, set_chain(number, true));
  for (const auto& id : ids) {
    --groups_.at(id).carriers;
    release_group(id, out);
  }
}

// Everything the kernel knows of one ENI.
Elements Ruleset::elements_of(const FilteredEni& eni) const {
  Elements all = identity_of(eni);
  const auto ids = ids_of(eni);
  const auto judge = [&](bool egress) {
    return eni.judged_by_groups ? "jump " + set_chain(sets_.at(ids).number, egress) : "accept";
  };
  all[in_table("egress")].push_back({hex(eni.mark()), judge(true)});
  all[in_table("ingress")].push_back({eni.address, judge(false)});
  for (const auto& id : ids)
    for (const auto& address : addresses_of(eni))
      all[in_table(members_set(id))].push_back({address, {}});
  return all;
}

Commands Ruleset::put_eni(const FilteredEni& eni) {
  const auto ids = ids_of(eni);
  for (const auto& id : ids) check_id(id, "sg-");
  Commands out;
  const auto before = enis_.find(eni.number);
  if (before != enis_.end() && before->second == eni) return out;
  if (eni.judged_by_groups) take_set(ids, out);
  const Elements come = elements_of(eni);
  if (before != enis_.end()) {
    const Elements gone = elements_of(before->second);
    delete_elements(out, without(gone, come));
    add_elements(out, without(come, gone));
    if (before->second.judged_by_groups) leave_set(ids_of(before->second), out);
  } else {
    add_elements(out, come);
  }
  enis_.insert_or_assign(eni.number, eni);
  return out;
}

Commands Ruleset::remove_eni(int number) {
  Commands out;
  const auto found = enis_.find(number);
  if (found == enis_.end()) return out;
  const FilteredEni eni = found->second;
  enis_.erase(found);
  delete_elements(out, elements_of(eni));
  if (eni.judged_by_groups) leave_set(ids_of(eni), out);
  return out;
}

Commands Ruleset::put_group(const GroupSpec& spec) {
  check_id(spec.group_id, "sg-");
  const auto groups = named_groups(spec.rules);
  const auto lists = named_lists(spec.rules);
  for (const auto& id : groups) check_id(id, "sg-");
  for (const auto& id : lists) check_id(id, "pl-");
  for (const bool egress : {false, true}) render_rules(spec.rules, egress);  // throws if it cannot

  Commands out;
  if (group(spec.group_id) == spec) return out;
  need_group(spec.group_id, out);
  for (const auto& id : groups) {
    need_group(id, out);
    ++groups_.at(id).namers;
  }
  for (const auto& id : lists) lists_.need(id, out);
  Group& target = groups_.at(spec.group_id);
  const auto old = std::exchange(target.spec, spec).value_or(GroupSpec{});
  flush_chain(out, group_chain(spec.group_id, false));
  flush_chain(out, group_chain(spec.group_id, true));
  fill_group(target, spec.group_id, out);

  if (open_protocols(old.rules, true) != open_protocols(spec.rules, true) ||
      open_protocols(old.rules, false) != open_protocols(spec.rules, false))
    refill_sets_with(spec.group_id, out);
  for (const auto& id : named_groups(old.rules)) {
    --groups_.at(id).namers;
    release_group(id, out);
  }
  for (const auto& id : named_lists(old.rules)) lists_.release(id, out);
  return out;
}

Commands Ruleset::remove_group(const std::string& group_id) {
  const auto spec = group(group_id);
  if (!spec) return {};
  // Without rules first: whoever still carries it is closed, and what its rules name is let go.
  GroupSpec empty = *spec;
  empty.rules.clear();
  Commands out = put_group(empty);
  groups_.at(group_id).spec.reset();
  release_group(group_id, out);
  return out;
}

Commands Ruleset::set_foreign_members(const std::string& group_id,
                                      const std::set<std::string>& addresses) {
  check_id(group_id, "sg-");
  Commands out;
  if (foreign_members(group_id) == addresses) return out;
  need_group(group_id, out);
  const auto before = std::exchange(groups_.at(group_id).foreign_members, addresses);
  const auto gone = member_elements(group_id, before);
  const auto come = member_elements(group_id, addresses);
  delete_elements(out, without(gone, come));
  add_elements(out, without(come, gone));
  release_group(group_id, out);
  return out;
}

Commands Ruleset::put_service(const LocalService& service) {
  const Element element = service_element(service);
  Commands out;
  if (services_.insert(service).second) add_elements(out, {{in_table("services"), {element}}});
  return out;
}

Commands Ruleset::remove_service(const LocalService& service) {
  Commands out;
  if (services_.erase(service) > 0)
    delete_elements(out, {{in_table("services"), {service_element(service)}}});
  return out;
}

Commands Ruleset::count_flows(bool on) {
  Commands out;
  if (on == flow_half_.has_value()) return out;
  if (on) {
    flow_half_ = 0;
    add_flow_counters(out);
    return out;
  }
  flow_half_.reset();
  add_text(out, remove_flow_counters(), kFlowCommandBytes);
  return out;
}

Commands Ruleset::turn_flow_counters() {
  Commands out;
  if (!flow_half_) return out;
  flow_half_ = 1 - *flow_half_;
  add_text(out, count_flows_in(*flow_half_), kFlowCommandBytes);
  return out;
}

void Ruleset::add_flow_counters(Commands& out) const {
  if (!flow_half_) return;
  auto counters = render_flow_counters();
  add_text(out, std::move(counters.declarations), counters.netlink_bytes);
  add_text(out, count_flows_in(*flow_half_), kFlowCommandBytes);
}

Commands Ruleset::render() const {
  Commands out = render_gates(service_packets_per_second_);
  lists_.render(out);
  for (const auto& [id, group] : groups_) add_group(out, id);
  for (const auto& [id, group] : groups_) fill_group(group, id, out);
  for (const auto& [ids, set] : sets_) {
    add_chain(out, set_chain(set.number, false));
    add_chain(out, set_chain(set.number, true));
    fill_set(ids, set.number, out);
  }
  acls_.render(out);
  Elements all;
  const auto append = [&](const Elements& more) {
    for (const auto& [set, list] : more) all[set].insert(all[set].end(), list.begin(), list.end());
  };
  for (const auto& [id, group] : groups_) append(member_elements(id, group.foreign_members));
  for (const auto& [number, eni] : enis_) append(elements_of(eni));
  for (const auto& service : services_)
    all[in_table("services")].push_back(service_element(service));
  add_elements(out, all);
  add_flow_counters(out);
  return out;
}

}  // namespace enibox::vpc
