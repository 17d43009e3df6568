#include "emulator/vpc/edges.hpp"

#include <filesystem>

#include "emulator/undo.hpp"
#include "emulator/vpc/peering.hpp"

namespace enibox::vpc {

Edges::Edges(EdgeOptions options, FindRouter router)
    : options_(std::move(options)), router_(std::move(router)) {}

Internet& Edges::internet() {
  if (!internet_)
    internet_.emplace(options_.before_step, options_.netns_directory + "/" + kInternetName,
                      options_.adopt);
  return *internet_;
}

GatewayPlace Edges::place(const std::string& id) const {
  return {options_.before_step, options_.netns_directory + "/" + id, options_.adopt};
}

InternetGateway* Edges::gateway_of(const std::string& vpc_id) {
  for (const auto& [id, gateway] : gateways_)
    if (gateway->spec().vpc_id == vpc_id) return gateway.get();
  return nullptr;
}

void Edges::put_gateway(const GatewaySpec& spec) {
  const auto known = gateways_.find(spec.gateway_id);
  if (known != gateways_.end()) {
    if (known->second->spec() == spec) return;
    remove_gateway(spec.gateway_id);
  }
  auto gateway = std::make_unique<InternetGateway>(place(spec.gateway_id), spec,
                                                   router_(spec.vpc_id), internet());
  Undo undo;
  undo.add([&] { gateway->close(); });
  for (const auto& [address, each] : addresses_)
    if (each.vpc_id == spec.vpc_id) gateway->put_address(each);
  undo.dismiss();
  gateways_.emplace(spec.gateway_id, std::move(gateway));
}

void Edges::remove_gateway(const std::string& gateway_id) {
  const auto known = gateways_.find(gateway_id);
  if (known == gateways_.end()) return;
  known->second->close();
  gateways_.erase(known);
}

void Edges::put_public_address(const PublicAddressSpec& spec) {
  const auto known = addresses_.find(spec.address);
  if (known != addresses_.end() && known->second.vpc_id != spec.vpc_id)
    remove_public_address(spec.address);
  if (auto* gateway = gateway_of(spec.vpc_id)) gateway->put_address(spec);
  addresses_.insert_or_assign(spec.address, spec);
}

void Edges::remove_public_address(const std::string& address) {
  const auto known = addresses_.find(address);
  if (known == addresses_.end()) return;
  if (auto* gateway = gateway_of(known->second.vpc_id)) gateway->remove_address(address);
  addresses_.erase(known);
}

void Edges::put_nat_gateway(const NatGatewaySpec& spec) {
  const auto known = nats_.find(spec.nat_gateway_id);
  if (known != nats_.end()) {
    auto same = known->second->spec();
    same.secondary_addresses = spec.secondary_addresses;
    if (same == spec) return known->second->update(spec.secondary_addresses);
    remove_nat_gateway(spec.nat_gateway_id);
  }
  nats_.emplace(spec.nat_gateway_id, std::make_unique<NatGateway>(place(spec.nat_gateway_id), spec,
                                                                  router_(spec.vpc_id)));
}

void Edges::remove_nat_gateway(const std::string& nat_gateway_id) {
  const auto known = nats_.find(nat_gateway_id);
  if (known == nats_.end()) return;
  known->second->close();
  nats_.erase(known);
}

void Edges::put_peering(const PeeringSpec& spec) {
  const auto known = peerings_.find(spec.peering_id);
  if (known != peerings_.end()) {
    if (known->second == spec) return;
    remove_peering(spec.peering_id);
  }
  connect_peering(spec, router_(spec.requester_vpc), router_(spec.accepter_vpc),
                  options_.before_step);
  peerings_.emplace(spec.peering_id, spec);
}

void Edges::remove_peering(const std::string& peering_id) {
  const auto known = peerings_.find(peering_id);
  if (known == peerings_.end()) return;
  const PeeringSpec spec = known->second;
  peerings_.erase(known);
  disconnect_peering(spec, router_(spec.requester_vpc), router_(spec.accepter_vpc));
}

std::map<std::string, std::set<std::string>> Edges::peers() const {
  std::map<std::string, std::set<std::string>> peers;
  for (const auto& [id, spec] : peerings_) {
    peers[spec.requester_vpc].insert(spec.accepter_vpc);
    peers[spec.accepter_vpc].insert(spec.requester_vpc);
  }
  return peers;
}

void Edges::vpc_changed(const VpcSpec& vpc) {
  if (auto* gateway = gateway_of(vpc.vpc_id)) gateway->update(vpc.cidrs);
}

void Edges::remove_vpc(const std::string& vpc_id) {
  std::vector<std::string> gone;
  for (const auto& [id, gateway] : gateways_)
    if (gateway->spec().vpc_id == vpc_id) gone.push_back(id);
  for (const auto& id : gone) remove_gateway(id);
  gone.clear();
  for (const auto& [id, nat] : nats_)
    if (nat->spec().vpc_id == vpc_id) gone.push_back(id);
  for (const auto& id : gone) remove_nat_gateway(id);
  std::erase_if(addresses_, [&](const auto& entry) { return entry.second.vpc_id == vpc_id; });
  for (const auto& [id, spec] : std::map(peerings_))
    if (spec.requester_vpc == vpc_id || spec.accepter_vpc == vpc_id) remove_peering(id);
}

void Edges::forget_unclaimed() {
  for (const auto& entry : std::filesystem::directory_iterator(options_.netns_directory)) {
    const std::string name = entry.path().filename();
    if ((name.starts_with("igw-") && !gateways_.contains(name)) ||
        (name.starts_with("nat-") && !nats_.contains(name)))
      netns::Namespace::remove(entry.path());
  }
}

}  // namespace enibox::vpc
