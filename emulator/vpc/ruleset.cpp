#include "emulator/vpc/ruleset.hpp"

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>

#include "emulator/vpc/group_rules.hpp"

namespace enibox::vpc {
namespace {

constexpr int kTtlGivenBack = 64;  // Linux's initial TTL; below it are traceroute's
constexpr std::size_t kElementsPerCommand = 400;

// Sizes of the messages libnftables makes, measured, rounded up.
constexpr std::size_t kElementBytes = 100;
constexpr std::size_t kRuleBytes = 500;
constexpr std::size_t kChainBytes = 120;
constexpr std::size_t kSetBytes = 250;

std::string hex(std::uint32_t value) {
  char text[11];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

void emit(Commands& out, std::string text, std::size_t bytes) {
  out.push_back({std::move(text), bytes});
}

void add_rule(Commands& out, const std::string& chain, const std::string& rule) {
  // An anonymous set of blocks costs two elements a block.
  const auto blocks = static_cast<std::size_t>(std::count(rule.begin(), rule.end(), ','));
  emit(out, "add rule " + std::string(kTable) + " " + chain + " " + rule,
       kRuleBytes + 2 * blocks * kElementBytes);
}

void chain(Commands& out, const char* verb, const std::string& name) {
  emit(out, std::string(verb) + " chain " + kTable + " " + name, kChainBytes);
}

// An element of a set or a map, whose value may be empty.
struct Element {
  std::string key;
  std::string value;
  bool operator==(const Element&) const = default;
};
using Elements = std::map<std::string, std::vector<Element>>;

// One command for many elements of one set.
void command_elements(Commands& out, const char* verb, const std::string& set,
                      const std::vector<Element>& list, bool with_values) {
  for (std::size_t first = 0; first < list.size(); first += kElementsPerCommand) {
    const std::size_t last = std::min(list.size(), first + kElementsPerCommand);
    std::string text = std::string(verb) + " element " + set + " { ";
    for (std::size_t i = first; i < last; ++i) {
      text += (i == first ? "" : ", ") + list[i].key;
      if (with_values && !list[i].value.empty()) text += " : " + list[i].value;
    }
    emit(out, text + " }", (last - first) * kElementBytes);
  }
}

void add_elements(Commands& out, const Elements& all) {
  for (const auto& [set, list] : all) command_elements(out, "add", set, list, true);
}

void delete_elements(Commands& out, const Elements& all) {
  for (const auto& [set, list] : all) command_elements(out, "delete", set, list, false);
}

// What is in `all` and not, with the same value, in `others`.
Elements without(const Elements& all, const Elements& others) {
  Elements rest;
  for (const auto& [set, list] : all) {
    const auto other = others.find(set);
    for (const auto& element : list)
      if (other == others.end() ||
          std::find(other->second.begin(), other->second.end(), element) == other->second.end())
        rest[set].push_back(element);
  }
  return rest;
}

std::string set_chain(int number, bool egress) {
  return "groups-" + std::to_string(number) + (egress ? "-out" : "-in");
}

std::string group_chain(const std::string& id, bool egress) {
  return id + (egress ? "-out" : "-in");
}

std::string in_table(const std::string& set) { return std::string(kTable) + " " + set; }

std::set<std::string> ids_of(const FilteredEni& eni) {
  return {eni.group_ids.begin(), eni.group_ids.end()};
}

// Everything the kernel knows of one ENI.
Elements elements_of(const FilteredEni& eni, int set_number) {
  const std::string device = std::to_string(eni.link_index) + " . " + eni.mac;
  const std::string with_address = device + " . " + eni.address;
  const std::string mark = hex(eni.mark());
  Elements all;
  all["arp vpc senders"].push_back({with_address, {}});
  if (eni.source_dest_check)
    all[in_table("senders")].push_back({with_address, mark});
  else
    all[in_table("unchecked-senders")].push_back({device, mark});
  all[in_table("egress")].push_back({mark, "goto " + set_chain(set_number, true)});
  all[in_table("ingress")].push_back({eni.address, "goto " + set_chain(set_number, false)});
  for (const auto& id : ids_of(eni)) all[in_table(members_set(id))].push_back({eni.address, {}});
  return all;
}

// Ids become names in a language of their own: what could end a name is refused.
void check_id(const std::string& id) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (id.starts_with("sg-") && id.size() <= 64 && std::all_of(id.begin(), id.end(), plain)) return;
  throw std::system_error(EINVAL, std::generic_category(), "security group id '" + id + "'");
}

std::string ttl_chain() {
  // The router decrements, the VPC's does not show: what comes is raised by one before. nft cannot
  // add, so the values that occur are listed, the usual one first.
  std::string text = "  chain give-back-ttl {\n";
  const auto line = [&](int ttl) {
    text += "    ip ttl " + std::to_string(ttl) + " ip ttl set " + std::to_string(ttl + 1) +
            " accept\n";
  };
  line(kTtlGivenBack);
  for (int ttl = 1; ttl < kTtlGivenBack; ++ttl) line(ttl);
  return text + "    accept\n  }\n";
}

std::string open_chain(const char* name, std::uint32_t bit) {
  std::string text = std::string("  chain ") + name + " {\n";
  for (const auto& [protocol, open] : {std::pair{"tcp", kOpenTcp}, std::pair{"udp", kOpenUdp}})
    text += "    ct state new meta l4proto " + std::string(protocol) + " meta mark & " + hex(open) +
            " == " + hex(open) + " ct mark set ct mark | " + hex(bit) + "\n";
  return text + "    accept\n  }\n";
}

// A gate lets pass what it has tracked, in the direction that this gate saw it in.
std::string gate_chain(const char* name, int priority, std::uint32_t original, std::uint32_t reply,
                       const char* judge) {
  return std::string("  chain ") + name + " {\n    type filter hook forward priority " +
         std::to_string(priority) + "; policy drop;\n    ct state invalid drop\n" +
         "    ct direction original ct state established,related ct mark & " + hex(original) +
         " == 0 accept\n    ct direction reply ct mark & " + hex(reply) +
         " == 0 accept\n    ct state related accept\n    " + judge + "\n  }\n";
}

}  // namespace

std::vector<std::string> transactions(const Commands& commands, std::size_t limit) {
  std::vector<std::string> result;
  std::size_t size = limit;
  for (const auto& command : commands) {
    if (size + command.netlink_bytes > limit || result.empty()) {
      result.emplace_back();
      size = 0;
    }
    result.back() += command.text + "\n";
    size += command.netlink_bytes;
  }
  return result;
}

Commands render_gates() {
  Commands out;
  for (const char* table : {"ip vpc", "arp vpc"}) {
    emit(out, std::string("add table ") + table, kChainBytes);
    emit(out, std::string("delete table ") + table, kChainBytes);
  }
  std::string ip =
      "table ip vpc {\n"
      "  map senders { type iface_index . ether_addr . ipv4_addr : mark; }\n"
      "  map unchecked-senders { type iface_index . ether_addr : mark; }\n"
      "  map egress { type mark : verdict; }\n"
      "  map ingress { type ipv4_addr : verdict; }\n"
      "  set services { type ipv4_addr . inet_proto . inet_service; }\n" +
      ttl_chain() + open_chain(kOpenOut, kUntrackedAtSender) +
      open_chain(kOpenIn, kUntrackedAtReceiver) +
      "  chain sender {\n"
      "    type filter hook prerouting priority raw; policy drop;\n"
      "    iif lo accept\n"
      "    meta mark set iif . ether saddr . ip saddr map @senders goto give-back-ttl\n"
      "    meta mark set iif . ether saddr map @unchecked-senders goto give-back-ttl\n"
      "  }\n" +
      gate_chain("egress-gate", -20, kUntrackedAtSender, kUntrackedAtReceiver,
                 "meta mark vmap @egress") +
      gate_chain("ingress-gate", 20, kUntrackedAtReceiver, kUntrackedAtSender,
                 "rt nexthop vmap @ingress") +
      "  chain local-in {\n"
      "    type filter hook input priority filter; policy drop;\n"
      "    iif lo accept\n"
      "    ip daddr . meta l4proto . th dport @services accept\n"
      "  }\n"
      "  chain local-out {\n"
      "    type filter hook output priority filter; policy accept;\n"
      "    icmp type destination-unreachable icmp code frag-needed accept\n"
      "    meta l4proto icmp drop\n"
      "  }\n"
      "}";
  const auto rules = static_cast<std::size_t>(std::count(ip.begin(), ip.end(), '\n'));
  emit(out, std::move(ip), rules * kRuleBytes);
  emit(out,
       "table arp vpc {\n"
       "  set senders { type iface_index . ether_addr . ipv4_addr; }\n"
       "  chain request {\n"
       "    type filter hook input priority filter; policy drop;\n"
       "    iif . arp saddr ether . arp saddr ip @senders accept\n"
       "  }\n"
       "}",
       kSetBytes + 3 * kRuleBytes);
  return out;
}

std::optional<FilteredEni> Ruleset::eni(int number) const {
  const auto found = enis_.find(number);
  return found == enis_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<GroupSpec> Ruleset::group(const std::string& group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? std::nullopt : found->second.spec;
}

void Ruleset::need_group(const std::string& id, Commands& out) {
  if (!groups_.try_emplace(id).second) return;
  emit(out, "add set " + in_table(members_set(id)) + " { type ipv4_addr; }", kSetBytes);
  chain(out, "add", group_chain(id, false));
  chain(out, "add", group_chain(id, true));
}

void Ruleset::release_group(const std::string& id, Commands& out) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) return;
  const Group& group = found->second;
  if (group.spec || group.carriers > 0 || group.namers > 0) return;
  chain(out, "delete", group_chain(id, false));
  chain(out, "delete", group_chain(id, true));
  emit(out, "delete set " + in_table(members_set(id)), kSetBytes);
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

const Ruleset::GroupSet& Ruleset::take_set(const GroupIds& ids, Commands& out) {
  const auto [entry, is_new] = sets_.try_emplace(ids);
  GroupSet& set = entry->second;
  if (is_new) {
    set.number = ++last_set_;
    for (const auto& id : ids) {
      need_group(id, out);
      ++groups_.at(id).carriers;
    }
    chain(out, "add", set_chain(set.number, false));
    chain(out, "add", set_chain(set.number, true));
    fill_set(ids, set.number, out);
  }
  ++set.users;
  return set;
}

void Ruleset::leave_set(const GroupIds& ids, Commands& out) {
  const auto entry = sets_.find(ids);
  if (--entry->second.users > 0) return;
  const int number = entry->second.number;
  sets_.erase(entry);
  chain(out, "delete", set_chain(number, false));
  chain(out, "delete", set_chain(number, true));
  for (const auto& id : ids) {
    --groups_.at(id).carriers;
    release_group(id, out);
  }
}

Commands Ruleset::put_eni(const FilteredEni& eni) {
  const auto ids = ids_of(eni);
  for (const auto& id : ids) check_id(id);
  Commands out;
  const auto before = enis_.find(eni.number);
  if (before != enis_.end() && before->second == eni) return out;
  const GroupSet& set = take_set(ids, out);
  if (before != enis_.end()) {
    const auto old_ids = ids_of(before->second);
    const Elements gone = elements_of(before->second, set_number(old_ids));
    const Elements come = elements_of(eni, set.number);
    delete_elements(out, without(gone, come));
    add_elements(out, without(come, gone));
    leave_set(old_ids, out);
  } else {
    add_elements(out, elements_of(eni, set.number));
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
  const auto ids = ids_of(eni);
  delete_elements(out, elements_of(eni, set_number(ids)));
  leave_set(ids, out);
  return out;
}

Commands Ruleset::put_group(const GroupSpec& spec) {
  check_id(spec.group_id);
  const auto names = named_groups(spec.rules);
  for (const auto& id : names) check_id(id);
  for (const bool egress : {false, true}) render_rules(spec.rules, egress);  // throws if it cannot

  Commands out;
  if (group(spec.group_id) == spec) return out;
  need_group(spec.group_id, out);
  for (const auto& id : names) {
    need_group(id, out);
    ++groups_.at(id).namers;
  }
  Group& target = groups_.at(spec.group_id);
  const std::optional<GroupSpec> old = std::exchange(target.spec, spec);
  chain(out, "flush", group_chain(spec.group_id, false));
  chain(out, "flush", group_chain(spec.group_id, true));
  fill_group(target, spec.group_id, out);

  const std::vector<GroupRule> old_rules = old ? old->rules : std::vector<GroupRule>();
  for (const auto& [ids, set] : sets_) {
    if (!ids.contains(spec.group_id)) continue;
    if (open_protocols(old_rules, true) == open_protocols(spec.rules, true) &&
        open_protocols(old_rules, false) == open_protocols(spec.rules, false))
      continue;
    chain(out, "flush", set_chain(set.number, false));
    chain(out, "flush", set_chain(set.number, true));
    fill_set(ids, set.number, out);
  }
  for (const auto& id : named_groups(old_rules)) {
    --groups_.at(id).namers;
    release_group(id, out);
  }
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

Commands Ruleset::render() const {
  Commands out = render_gates();
  for (const auto& [id, group] : groups_) {
    emit(out, "add set " + in_table(members_set(id)) + " { type ipv4_addr; }", kSetBytes);
    chain(out, "add", group_chain(id, false));
    chain(out, "add", group_chain(id, true));
  }
  for (const auto& [id, group] : groups_) fill_group(group, id, out);
  for (const auto& [ids, set] : sets_) {
    chain(out, "add", set_chain(set.number, false));
    chain(out, "add", set_chain(set.number, true));
    fill_set(ids, set.number, out);
  }
  Elements all;
  for (const auto& [number, eni] : enis_)
    for (const auto& [set, list] : elements_of(eni, set_number(ids_of(eni))))
      all[set].insert(all[set].end(), list.begin(), list.end());
  add_elements(out, all);
  return out;
}

}  // namespace enibox::vpc
