#pragma once
#include <map>
#include <string>
#include <vector>

#include "emulator/vpc/internet.hpp"
#include "emulator/vpc/network.hpp"
#include "emulator/vpc/router.hpp"
#include "netns/conntrack.hpp"
#include "netns/nftables.hpp"

// Gateways are namespaces beside the router and not translations in it: only so does an elastic
// address reached from inside the VPC lead out and in again, and meet the receiver's groups with
// the sender's public address. Used by one thread; calls throw std::system_error.
namespace enibox::vpc {

// What an internet gateway does to packets: one to one, for addresses that have a public one, and
// nothing for the others. Pure, in nft's language.
std::string render_internet_gateway();
// What a NAT gateway does: many to one, by ports; of several addresses each connection gets one by
// chance, so that one whose ports to a destination are used up does not stop the next attempt.
std::string render_nat_gateway(const std::vector<std::string>& private_addresses);

struct GatewayPlace {
  const StepName& step;
  std::string path;  // of the namespace's file
  bool adopt;        // the one that is there, with its flows
};

// Between one VPC's router and the internet.
class InternetGateway {
 public:
  InternetGateway(const GatewayPlace& place, const GatewaySpec& spec, Router& router,
                  Internet& internet);
  // Ends it. Without that it stays as it is: the next daemon goes on with it. Does not throw.
  void close();

  // Routes to the VPC's blocks, after they changed.
  void update(const std::vector<std::string>& vpc_cidrs);
  // Maps, replacing what either address was mapped to; flows of the addresses begin anew.
  void put_address(const PublicAddressSpec& address);
  void remove_address(const std::string& address);

  const GatewaySpec& spec() const { return spec_; }

 private:
  void join_router();
  void forget(const PublicAddressSpec& address);

  const StepName& step_;
  std::string path_;
  GatewaySpec spec_;
  Router& router_;
  Internet& internet_;
  netns::Namespace namespace_;
  netns::RouteSocket links_;
  netns::Nftables filters_;
  netns::Conntrack flows_;
  int vpc_link_ = 0;
  std::vector<std::string> cidrs_;
  std::map<std::string, PublicAddressSpec, std::less<>> addresses_;
};

// A NAT gateway: its interface is an ENI of the router like any other, with its check off and no
// groups; what comes to it leaves by it, translated.
class NatGateway {
 public:
  NatGateway(const GatewayPlace& place, const NatGatewaySpec& spec, Router& router);
  void close();  // as above

  // Other secondary addresses; connections of those that go end.
  void update(const std::vector<std::string>& secondary_addresses);

  const NatGatewaySpec& spec() const { return spec_; }

 private:
  void translate(const NatGatewaySpec& spec);
  void put_interface(const NatGatewaySpec& spec);

  const StepName& step_;
  std::string path_;
  NatGatewaySpec spec_;
  Router& router_;
  netns::Namespace namespace_;
};

}  // namespace enibox::vpc
