#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "emulator/ec2/routing_view.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::vpc {

// Keeps the network's routes, gateways, public addresses and peerings as the rows have them: when
// some have changed it reads them all and tells the network what is new, what has changed and what
// is gone, so that nobody has to say what a change of one row means for others. A refusal of the
// network is logged and told again with the next write. Loop thread only.
class RoutingSync {
 public:
  struct Events {
    // A NAT gateway's namespace is there (ok), or could not be made.
    std::function<void(const std::string& nat_gateway_id, bool ok)> nat_made;
    std::function<void(const std::string& nat_gateway_id)> nat_removed;
  };
  RoutingSync(store::Database& db, Network& network);

  void listen(Events events) { events_ = std::move(events); }
  // Call in every transaction that may have changed such rows, after its changes: the network hears
  // of them when it has committed and the VPCs' changes are told. Costs next to nothing when none
  // has changed.
  void changed();
  // Brings the network to the rows: at start-up, when the VPCs have been put.
  void sync();
  // Takes all of it out of the network; the rows stay.
  void clear();

 private:
  // What the network was told, by id.
  struct Told {
    std::map<std::string, SubnetRoutesSpec> routes;  // by VPC and block
    std::map<std::string, GatewaySpec> gateways;
    std::map<std::string, PublicAddressSpec> addresses;
    std::map<std::string, NatGatewaySpec> nats;
    std::map<std::string, PeeringSpec> peerings;
    bool operator==(const Told&) const = default;
  };
  Told read();
  void bring_to(const Told& wanted);
  void put_nat(const NatGatewaySpec& spec);
  // For a call of the network: when it fails, `forget` makes the next change try again.
  Done<Nothing> note(const std::string& id, std::function<void()> forget);

  store::Database& db_;
  Network& network_;
  ec2::RoutingView rows_;
  Events events_;
  Told told_;
  // Of the rows that were told; nothing: the network has to hear of them whatever they are.
  std::optional<std::int64_t> told_stamp_;
};

}  // namespace enibox::vpc
