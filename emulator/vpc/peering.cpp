#include "emulator/vpc/peering.hpp"

#include "emulator/undo.hpp"
#include "netns/veth.hpp"

namespace enibox::vpc {

void connect_peering(const PeeringSpec& spec, Router& requester, Router& accepter,
                     const StepName& step) {
  const std::string& id = spec.peering_id;
  const std::string name = portal_device_name(id);
  Undo undo;
  undo.add([&] { disconnect_peering(spec, requester, accepter); });
  const int near = requester.admit_portal(id, kRouterMac).number;
  const int far = accepter.admit_portal(id, kRouterMac).number;
  step("connect " + id + ": add veth");
  netns::create_veth(requester.links(),
                     {.name = name, .index = near, .mac = kRouterMac, .mtu_bytes = spec.mtu_bytes},
                     {.name = name,
                      .index = far,
                      .mac = kRouterMac,
                      .mtu_bytes = spec.mtu_bytes,
                      .where = &accepter.place()});
  accepter.open_portal(id);
  requester.open_portal(id);
  undo.dismiss();
}

void disconnect_peering(const PeeringSpec& spec, Router& requester, Router& accepter) {
  requester.close_portal(spec.peering_id);
  accepter.close_portal(spec.peering_id);
}

}  // namespace enibox::vpc
