#include "emulator/vpc/internet.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "emulator/undo.hpp"
#include "emulator/vpc/forwarding_place.hpp"
#include "emulator/vpc/router.hpp"
#include "netns/address.hpp"
#include "netns/link.hpp"
#include "netns/neighbour.hpp"
#include "netns/route.hpp"
#include "netns/veth.hpp"

namespace enibox::vpc {
namespace {

constexpr int kLoopback = 1;
constexpr const char* kInternetMac = "0e:00:00:00:00:02";  // of every device of the internet
constexpr const char* kGatewayMac = "0e:00:00:00:00:03";   // of a gateway's device to it
constexpr const char* kInternetHop = "169.254.0.253";      // as a gateway sees the internet
constexpr const char* kGatewayHop = "169.254.0.254";       // as the internet sees a gateway
constexpr std::uint16_t kHttpPort = 80, kEchoPort = 7;
constexpr int kBacklog = 128;

// Called inside the namespace.
netns::UniqueFd bound_socket(int type, std::uint16_t port) {
  netns::UniqueFd socket(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) netns::throw_errno("open a socket in the internet");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(port);
  ::inet_pton(AF_INET, kInternetServer, &own.sin_addr);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0)
    netns::throw_errno("bind to the internet's port " + std::to_string(port));
  if (type == SOCK_STREAM && ::listen(socket.get(), kBacklog) != 0)
    netns::throw_errno("listen in the internet");
  return socket;
}

}  // namespace

Internet::Internet(const StepName& step, std::string path, bool adopt)
    : step_(step),
      path_(std::move(path)),
      namespace_(make_or_adopt(path_, adopt)),
      links_(namespace_) {
  Undo undo;
  if (!adopt) undo.add([this] { netns::Namespace::remove(path_); });
  configure();
  undo.dismiss();
}

void Internet::configure() {
  step_("internet: set sysctls");
  configure_forwarding(namespace_);
  step_("internet: set loopback up");
  netns::set_loopback_up(links_);
  netns::put_address(links_, kLoopback, {.prefix = std::string(kInternetServer) + "/32"});
  step_("internet: add routes");
  // Nobody answers for an address that nobody has.
  netns::put_route(links_, {.destination = "0.0.0.0/0", .kind = netns::RouteKind::kBlackhole});
}

void Internet::connect(const std::string& gateway_id, const netns::Namespace& gateway,
                       netns::RouteSocket& gateway_links) {
  const std::string name = portal_device_name(gateway_id);
  // Of a former life, or half made.
  if (const auto stale = netns::find_link(links_, name)) netns::delete_link(links_, stale->index);
  Undo undo;
  step_("connect " + gateway_id + " with the internet: add veth");
  netns::create_veth(
      links_, {.name = name, .mac = kInternetMac, .mtu_bytes = kInternetMtu},
      {.name = "internet", .mac = kGatewayMac, .mtu_bytes = kInternetMtu, .where = &gateway});
  const auto here = netns::find_link(links_, name);
  if (!here) throw std::system_error(ENODEV, std::generic_category(), "find " + name);
  undo.add([this, index = here->index] { netns::delete_link(links_, index); });
  const auto there = netns::find_link(gateway_links, "internet");
  if (!there) throw std::system_error(ENODEV, std::generic_category(), "find internet");
  step_("connect " + gateway_id + " with the internet: set device up");
  netns::set_up(gateway_links, there->index);
  step_("connect " + gateway_id + " with the internet: add neighbours");
  netns::put_neighbour(links_, here->index, kGatewayHop, kGatewayMac);
  netns::put_neighbour(gateway_links, there->index, kInternetHop, kInternetMac);
  step_("connect " + gateway_id + " with the internet: add routes");
  netns::put_route(gateway_links, {.destination = "0.0.0.0/0",
                                   .gateway = kInternetHop,
                                   .link_index = there->index,
                                   .onlink = true});
  gateways_.insert_or_assign(gateway_id, here->index);
  undo.dismiss();
}

void Internet::disconnect(const std::string& gateway_id) {
  const auto known = gateways_.find(gateway_id);
  if (known == gateways_.end()) return;
  netns::delete_link(links_, known->second);  // and the routes that lead there
  gateways_.erase(known);
}

void Internet::put_address(const std::string& address, const std::string& gateway_id) {
  netns::put_route(links_, {.destination = address + "/32",
                            .gateway = kGatewayHop,
                            .link_index = gateways_.at(gateway_id),
                            .onlink = true});
}

void Internet::remove_address(const std::string& address) {
  netns::delete_route(links_, {.destination = address + "/32"});
}

InternetSockets Internet::open_sockets() const {
  InternetSockets sockets;
  namespace_.run([&] {
    sockets.http = bound_socket(SOCK_STREAM, kHttpPort);
    sockets.echo = bound_socket(SOCK_STREAM, kEchoPort);
    sockets.echo_udp = bound_socket(SOCK_DGRAM, kEchoPort);
  });
  return sockets;
}

}  // namespace enibox::vpc
