#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netns/route_socket.hpp"

// Network devices of the namespace a socket belongs to. All calls throw std::system_error naming
// the step; "already gone" is an answer.
namespace enibox::netns {

struct Link {
  int index = 0;
  std::string name;
  std::string mac;
  int mtu_bytes = 0;
  bool up = false;     // administratively
  std::string kind;    // "veth", "bridge", "macvlan"; empty for lo
  int peer_index = 0;  // of a veth's or macvlan's other device, in its own namespace
  int master_index = 0;
  bool operator==(const Link&) const = default;
};

std::optional<Link> find_link(RouteSocket& where, const std::string& name);
std::optional<Link> find_link(RouteSocket& where, int index);
std::vector<Link> list_links(RouteSocket& where);

// Takes about 16 ms for a veth (the kernel waits for every packet in flight): never on a path
// somebody waits for. False: it was gone already.
bool delete_link(RouteSocket& where, int index);
// All of them for the time of one: the kernel waits once. Those gone already are skipped.
void delete_links(RouteSocket& where, const std::vector<int>& indexes);

void set_up(RouteSocket& where, int index);
void set_down(RouteSocket& where, int index);
// Moves the device to another namespace, where it has that name and any free index. It arrives
// down, without addresses and routes.
void move_link(RouteSocket& where, int index, const Namespace& to, const std::string& name);
// Makes the device a port of a bridge.
void set_master(RouteSocket& where, int index, int master_index);
// A second, longer name (up to 127 characters) that `ip link` shows and takes; there already: fine.
void add_alternative_name(RouteSocket& where, int index, const std::string& name);
// Brings the loopback device up, with 127.0.0.1.
void set_loopback_up(RouteSocket& where);

// What a device is born with. Empty, zero: the kernel's choice.
struct LinkSpec {
  std::string name = {};
  int index = 0;
  std::string mac = {};
  int mtu_bytes = 0;
  // The largest IPv4 packet that TCP hands over in one piece, to be cut when it leaves the machine;
  // above 64 KB since Linux 6.3 (before, nothing happens).
  int gso_max_bytes = 0;
  bool up = true;
  const Namespace* where = nullptr;  // null: the socket's own namespace
};

}  // namespace enibox::netns
