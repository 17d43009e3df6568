#pragma once
#include <map>
#include <optional>
#include <string>

#include "emulator/ec2/state.hpp"
#include "emulator/reachability/filters.hpp"
#include "emulator/reachability/way.hpp"

namespace enibox::reachability {

// What NAT gateways have changed, for the answers that come to them.
using Translations = std::map<std::string, Packet>;  // by NAT gateway: the packet as it came

// Where a packet ended: at an interface, in the internet, or at a service of the router.
struct Arrival {
  Kind place = Kind::kInterface;
  std::optional<ec2::EniRow> eni;  // of kInterface
  Packet packet;
};

// The walk of one packet, step by step, into a Way. Made for one direction.
class Walk {
 public:
  enum class Direction { kForward, kBack };
  Walk(ec2::Ec2State& ec2, Translations& translations, Direction direction)
      : ec2_(ec2), translations_(translations), direction_(direction) {}

  // Nothing when something without a way on ended it.
  std::optional<Arrival> from_interface(const ec2::EniRow& eni, Packet packet);
  std::optional<Arrival> from_internet(Packet packet);

  Way take() { return std::move(way_); }

 private:
  using End = std::optional<Arrival>;
  End send(const ec2::EniRow& eni, Packet packet);
  End to_service(const ec2::EniRow& eni, const Packet& packet);
  End to_neighbour(const ec2::EniRow& from, const std::optional<ec2::EniRow>& to, Packet packet,
                   Step table);
  End to_internet(const ec2::EniRow& from, Packet packet, Step table);
  End to_peer(const ec2::EniRow& from, Packet packet, Step table);
  // `from_subnet` empty: from beyond a gateway or peering.
  End deliver(const ec2::EniRow& eni, Packet packet, const std::string& from_subnet);
  End translate(const ec2::EniRow& eni, const ec2::NatGatewayRow& nat, Packet packet);

  // The code of what keeps it from taking or sending anything; nothing: it is in service.
  const char* bad_state(const ec2::EniRow& eni);
  void ask_groups(const ec2::EniRow& eni, Packet& packet, bool egress);
  void ask_acl(const std::string& subnet_id, Packet& packet, bool egress);
  bool has_address(const ec2::EniRow& eni, const vpc::IpAddress& address);
  Step step_of(const ec2::EniRow& eni, const Packet& packet) const;
  void pass(Step step) { way_.steps.push_back(std::move(step)); }
  // What refuses; with `stop`, what has no way on.
  void refuse(const char* code, Step step) {
    step.code = code;
    pass(std::move(step));
  }
  End stop(const char* code, Step step) {
    refuse(code, std::move(step));
    return std::nullopt;
  }

  ec2::Ec2State& ec2_;
  Translations& translations_;
  Direction direction_;
  Way way_;
  int hops_ = 0;
};

}  // namespace enibox::reachability
