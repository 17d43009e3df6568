#include "emulator/vpc/routing_sync.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace enibox::vpc {
namespace {

template <typename Spec, typename IdOf>
std::map<std::string, Spec> by_id(std::vector<Spec> specs, IdOf id_of) {
  std::map<std::string, Spec> map;
  for (auto& spec : specs) {
    std::string id = id_of(spec);
    map.emplace(std::move(id), std::move(spec));
  }
  return map;
}

// Whether the network took it; its queue may be full.
bool tell(const std::string& id, const std::function<void()>& call) {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    spdlog::error("network refuses {}: {}", id, error.what());
    return false;
  }
}

template <typename Spec, typename Remove>
void remove_gone(std::map<std::string, Spec>& told, const std::map<std::string, Spec>& wanted,
                 const Remove& remove) {
  for (const auto& item : std::map(told)) {
    const std::string& id = item.first;
    if (wanted.contains(id)) continue;
    tell(id, [&] {
      remove(id);
      told.erase(id);
    });
  }
}

template <typename Spec, typename Put>
void put_changed(std::map<std::string, Spec>& told, const std::map<std::string, Spec>& wanted,
                 const Put& put) {
  for (const auto& item : wanted) {
    const std::string& id = item.first;
    const auto before = told.find(id);
    if (before != told.end() && before->second == item.second) continue;
    // First, since a network without a worker answers before the call returns.
    told.insert_or_assign(id, item.second);
    if (!tell(id, [&] { put(id, item.second); })) told.erase(id);
  }
}

}  // namespace

RoutingSync::RoutingSync(store::Database& db, Network& network)
    : db_(db), network_(network), rows_(db) {}

void RoutingSync::changed() {
  db_.after_commit([this] {
    if (told_stamp_ != rows_.stamp()) sync();
  });
}

RoutingSync::Told RoutingSync::read() {
  Told all;
  all.routes = by_id(rows_.subnet_routes(),
                     [](const auto& spec) { return spec.vpc_id + " " + spec.subnet_cidr; });
  std::erase_if(all.routes, [](const auto& entry) { return entry.second.routes.empty(); });
  all.gateways = by_id(rows_.gateways(), [](const auto& spec) { return spec.gateway_id; });
  all.addresses = by_id(rows_.public_addresses(), [](const auto& spec) { return spec.address; });
  all.nats = by_id(rows_.nat_gateways(), [](const auto& spec) { return spec.nat_gateway_id; });
  all.peerings = by_id(rows_.active_peerings(), [](const auto& spec) { return spec.peering_id; });
  return all;
}

void RoutingSync::sync() {
  try {
    told_stamp_ = rows_.stamp();
    const auto wanted = read();
    bring_to(wanted);
    if (told_ != wanted) told_stamp_.reset();  // refused
  } catch (const std::exception& error) {
    spdlog::error("routes and gateways: {}", error.what());
    told_stamp_.reset();
  }
}

void RoutingSync::clear() {
  told_stamp_.reset();
  bring_to({});
}

// What goes makes room first: an address moves between interfaces.
void RoutingSync::bring_to(const Told& wanted) {
  remove_gone(told_.peerings, wanted.peerings,
              [&](const auto& id) { network_.remove_peering(id, note(id, {})); });
  remove_gone(told_.nats, wanted.nats, [&](const auto& id) {
    network_.remove_nat_gateway(id, [this, id, done = note(id, {})](Outcome<Nothing> outcome) {
      done(outcome);
      if (events_.nat_removed) events_.nat_removed(id);
    });
  });
  remove_gone(told_.addresses, wanted.addresses,
              [&](const auto& id) { network_.remove_public_address(id, note(id, {})); });
  remove_gone(told_.gateways, wanted.gateways,
              [&](const auto& id) { network_.remove_gateway(id, note(id, {})); });
  remove_gone(told_.routes, wanted.routes, [&](const auto& id) {
    auto none = told_.routes.at(id);
    none.routes.clear();
    network_.put_subnet_routes(std::move(none), note(id, {}));
  });

  put_changed(told_.gateways, wanted.gateways, [&](const auto& id, const auto& spec) {
    network_.put_gateway(spec, note(id, [this, id] { told_.gateways.erase(id); }));
  });
  put_changed(told_.nats, wanted.nats, [&](const auto&, const auto& spec) { put_nat(spec); });
  put_changed(told_.addresses, wanted.addresses, [&](const auto& id, const auto& spec) {
    network_.put_public_address(spec, note(id, [this, id] { told_.addresses.erase(id); }));
  });
  put_changed(told_.peerings, wanted.peerings, [&](const auto& id, const auto& spec) {
    network_.put_peering(spec, note(id, [this, id] { told_.peerings.erase(id); }));
  });
  put_changed(told_.routes, wanted.routes, [&](const auto& id, const auto& spec) {
    network_.put_subnet_routes(spec, note(id, [this, id] { told_.routes.erase(id); }));
  });
}

void RoutingSync::put_nat(const NatGatewaySpec& spec) {
  const std::string id = spec.nat_gateway_id;
  network_.put_nat_gateway(spec, [this, id, done = note(id, [this, id] { told_.nats.erase(id); })](
                                     Outcome<Nothing> outcome) {
    done(outcome);
    if (events_.nat_made) events_.nat_made(id, outcome.ok());
  });
}

Done<Nothing> RoutingSync::note(const std::string& id, std::function<void()> forget) {
  return [this, id, forget = std::move(forget)](Outcome<Nothing> outcome) {
    if (outcome.ok()) return;
    spdlog::error("network: {}: {}", id, outcome.error());
    told_stamp_.reset();
    if (forget) forget();
  };
}

}  // namespace enibox::vpc
