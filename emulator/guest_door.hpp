#pragma once
#include <memory>

#include "api/http/exchange.hpp"
#include "emulator/reconcile/guests.hpp"

namespace enibox {

// What the commands `enibox in-vpc`, `attach` and `detach` ask the daemon for. Bodies are JSON;
// {"SubnetId", "SecurityGroupIds", "Region", "Command"} or, to attach, {"VpcId",
// "SecurityGroupIds"}; a guest is {"NetworkInterfaceId", "VpcId", "SubnetCidr", "VpcCidrs",
// "PrivateIpAddress", "MacAddress", "NetnsPath" (inside the box), "ResolvConf"}; a refusal is 400
// with {"code", "message"}.
class GuestDoor {
 public:
  GuestDoor(reconcile::Guests& guests, ec2::Ec2& ec2) : guests_(guests), ec2_(ec2) {}

  // POST /_enibox/in-vpc: 101 and, when the interface is there, a line with the guest. The
  // connection is the hold on it: when the other side ends it, or is killed, everything is removed,
  // and then this side ends.
  void open(const api::http::Request& request, std::shared_ptr<api::http::Exchange> exchange);
  // POST /_enibox/attach: a guest that stays until the next one; there is one at most.
  void attach(const api::http::Request& request, std::shared_ptr<api::http::Exchange> exchange);
  // POST /_enibox/detach: {"VpcId"} of what is removed now, {} when there was nothing.
  void detach(std::shared_ptr<api::http::Exchange> exchange);

 private:
  reconcile::Guests& guests_;
  ec2::Ec2& ec2_;
};

}  // namespace enibox
