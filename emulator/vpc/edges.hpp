#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "emulator/vpc/gateway.hpp"
#include "emulator/vpc/internet.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::vpc {

struct EdgeOptions {
  std::string netns_directory;
  bool adopt = false;
  const StepName& before_step;
};

// What leads out of the VPCs: internet and NAT gateways, peerings, public addresses, and the
// internet they lead to. Lives beside the routers on the network worker; each call leaves the
// kernel as it was when it throws, and is idempotent. See Network for what each does.
class Edges {
 public:
  using FindRouter =
      std::function<Router&(const std::string& vpc_id)>;  // throws when there is none
  Edges(EdgeOptions options, FindRouter router);

  void put_gateway(const GatewaySpec& spec);
  void remove_gateway(const std::string& gateway_id);
  void put_public_address(const PublicAddressSpec& spec);
  void remove_public_address(const std::string& address);
  void put_nat_gateway(const NatGatewaySpec& spec);
  void remove_nat_gateway(const std::string& nat_gateway_id);
  void put_peering(const PeeringSpec& spec);
  void remove_peering(const std::string& peering_id);

  // The VPCs that an active connection joins to each.
  std::map<std::string, std::set<std::string>> peers() const;

  // The VPC's blocks changed.
  void vpc_changed(const VpcSpec& vpc);
  // The VPC's router goes: so does what hangs on it.
  void remove_vpc(const std::string& vpc_id);

  InternetSockets open_internet() { return internet().open_sockets(); }
  // After a recovery: ends the namespaces that nobody has put again.
  void forget_unclaimed();

 private:
  Internet& internet();
  GatewayPlace place(const std::string& id) const;
  InternetGateway* gateway_of(const std::string& vpc_id);

  EdgeOptions options_;
  FindRouter router_;
  std::optional<Internet> internet_;  // before the gateways, which hang on it
  std::map<std::string, std::unique_ptr<InternetGateway>, std::less<>> gateways_;
  std::map<std::string, std::unique_ptr<NatGateway>, std::less<>> nats_;
  std::map<std::string, PublicAddressSpec, std::less<>> addresses_;
  std::map<std::string, PeeringSpec, std::less<>> peerings_;
};

}  // namespace enibox::vpc
