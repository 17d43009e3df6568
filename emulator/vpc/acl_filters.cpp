#include "emulator/vpc/acl_filters.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/gates.hpp"
#include "emulator/vpc/service_match.hpp"

namespace enibox::vpc {
namespace {

Cidr block_of(const std::string& text) {
  const auto block = Cidr::parse(text);
  if (!block)
    throw std::system_error(EINVAL, std::generic_category(), "network ACL: block '" + text + "'");
  return *block;
}

std::vector<AclEntry> in_order(const std::vector<AclEntry>& entries, bool egress) {
  std::vector<AclEntry> chosen;
  for (const auto& entry : entries)
    if (entry.egress == egress && !block_of(entry.cidr).is_v6()) chosen.push_back(entry);
  std::sort(chosen.begin(), chosen.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  return chosen;
}

std::string refuse(bool egress) {
  return std::string("goto ") + (egress ? kRefusedOut : kRefusedIn);
}
const char* suffix(bool egress) { return egress ? "-out" : "-in"; }

std::string entry_rule(const AclEntry& entry) {
  std::string rule;
  if (const auto block = block_of(entry.cidr); !block.is_everything())
    rule = (entry.egress ? "ip daddr " : "ip saddr ") + block.text() + " ";
  const auto service = service_match(entry.protocol, entry.from_port, entry.to_port);
  if (!service.empty()) rule += service + " ";
  return rule + (entry.allow ? "accept" : refuse(entry.egress));
}

// "acl-1-out", and before it in the order of names nothing that leads to it.
std::string acl_chain(const std::string& id, bool egress) { return id + suffix(egress); }
std::string edge_chain(int subnet, bool egress) {
  return "subnet-" + std::to_string(subnet) + suffix(egress);
}

// Packets that stay in the subnet do not cross its edge.
void add_edge(const FilteredAcl& acl, const FilteredAcl::Subnet& subnet, bool egress,
              ChainsAndElements& state) {
  const std::string edge = edge_chain(subnet.number, egress);
  const std::string number = hex(static_cast<std::uint32_t>(subnet.number));
  const std::string stays =
      egress ? "rt ip nexthop " + subnet.cidr : "meta mark & " + hex(kSubnetMask) + " == " + number;
  state.chains[edge] = {stays + " accept", "goto " + acl_chain(acl.acl_id, egress)};
  if (egress)
    state.elements[in_table("acl-out")].push_back({number, "goto " + edge});
  else
    state.elements[in_table("acl-in")].push_back({subnet.cidr, "goto " + edge});
}

}  // namespace

std::vector<std::string> render_entries(const std::vector<AclEntry>& entries, bool egress) {
  std::vector<std::string> rules;
  for (const auto& entry : in_order(entries, egress)) rules.push_back(entry_rule(entry));
  rules.push_back(refuse(egress));
  return rules;
}

bool admits_all(const std::vector<AclEntry>& entries, bool egress) {
  const auto chosen = in_order(entries, egress);
  return !chosen.empty() && chosen.front().allow && block_of(chosen.front().cidr).is_everything() &&
         !protocol_number(chosen.front().protocol);
}

ChainsAndElements AclFilters::state() const {
  ChainsAndElements state;
  for (const auto& [id, acl] : acls_) {
    for (const bool egress : {false, true}) {
      if (acl.subnets.empty() || admits_all(acl.entries, egress)) continue;
      state.chains[acl_chain(id, egress)] = render_entries(acl.entries, egress);
      for (const auto& subnet : acl.subnets) add_edge(acl, subnet, egress, state);
    }
  }
  return state;
}

Commands AclFilters::replace(Acls acls) {
  const auto before = state();
  acls_ = std::move(acls);
  return difference(before, state());
}

Commands AclFilters::put(const FilteredAcl& acl) {
  check_id(acl.acl_id, "acl-");
  for (const auto& subnet : acl.subnets) block_of(subnet.cidr);
  for (const bool egress : {false, true}) render_entries(acl.entries, egress);
  auto acls = acls_;
  for (auto& [id, other] : acls)
    std::erase_if(other.subnets, [&](const auto& subnet) {
      return std::find(acl.subnets.begin(), acl.subnets.end(), subnet) != acl.subnets.end();
    });
  acls.insert_or_assign(acl.acl_id, acl);
  return replace(std::move(acls));
}

Commands AclFilters::remove(const std::string& acl_id) {
  auto acls = acls_;
  if (acls.erase(acl_id) == 0) return {};
  return replace(std::move(acls));
}

void AclFilters::render(Commands& out) const {
  const auto all = difference({}, state());
  out.insert(out.end(), all.begin(), all.end());
}

}  // namespace enibox::vpc
