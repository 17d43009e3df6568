#include "emulator/vpc/instance_links.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "emulator/undo.hpp"
#include "emulator/vpc/cidr.hpp"
#include "netns/address.hpp"
#include "netns/bridge.hpp"
#include "netns/link.hpp"
#include "netns/route.hpp"
#include "netns/sysctl.hpp"
#include "netns/veth.hpp"

namespace enibox::vpc {
namespace {

constexpr const char* kDockerBridge = "docker0";
constexpr const char* kTaskBridge = "ecs-bridge";
constexpr const char* kTaskInterface = "ecs-eth0";
constexpr const char* kTaskGateway = "169.254.172.1";
constexpr const char* kTaskMetadata = "169.254.170.2";
constexpr const char* kTaskSubnet = "169.254.172.0/22";
constexpr int kTaskPrefix = 22;
constexpr int kBridgeMtu = 1500;
// As they come about on a fresh instance: lo 1, eth0 2, docker0 3, the first hot-plugged ENI 4
// (which then leaves for its task), ecs-bridge 5, the first task's veth 6.
constexpr int kDockerBridgeIndex = 3;
constexpr int kTaskBridgeIndex = 5;
constexpr int kFirstVethIndex = 6;
// The pair is made inside the task, the host's end first: it takes 2 and leaves, ecs-eth0 takes 3.
constexpr int kTaskInterfaceIndex = 3;

const std::vector<netns::Sysctl> kInstanceSysctls = {
    {"net/ipv4/ip_forward", "1"},               // Docker's
    {"net/ipv4/conf/all/route_localnet", "1"},  // ecs-init's, for the agent on 127.0.0.1
    {"net/ipv4/conf/all/rp_filter", "0"},
    {"net/ipv4/conf/default/rp_filter", "0"},
    {"net/ipv4/conf/all/send_redirects", "0"},
    {"net/ipv4/conf/default/send_redirects", "0"},
    {"net/ipv6/conf/all/accept_ra", "0", /*optional=*/true},
    {"net/ipv6/conf/default/accept_ra", "0", /*optional=*/true},
};

std::array<unsigned, 4> random_bytes() {
  std::array<unsigned char, 4> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    netns::throw_errno("getrandom");
  return {bytes[0], bytes[1], bytes[2], bytes[3]};
}

std::string mac_with(unsigned first, unsigned second, const std::array<unsigned, 4>& rest) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", first & 0xff, second & 0xff,
                rest[0] & 0xff, rest[1] & 0xff, rest[2] & 0xff, rest[3] & 0xff);
  return text;
}

std::string veth_name() {
  const auto random = random_bytes();
  char text[16];
  std::snprintf(text, sizeof text, "veth%02x%02x%02x%02x", random[0], random[1], random[2],
                random[3]);
  return text;
}

// ecs-bridge plugin: 0a:58 and the four bytes of the address.
std::string task_mac(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return mac_with(0x0a, 0x58, {bytes[0], bytes[1], bytes[2], bytes[3]});
}

int free_index(netns::RouteSocket& where, int wanted) {
  return netns::find_link(where, wanted) ? 0 : wanted;
}

void put_bridge(netns::RouteSocket& host, const std::string& name, int wanted_index,
                const std::string& mac, const netns::InterfaceAddress& address, Undo& undo) {
  auto bridge = netns::find_link(host, name);
  if (!bridge) {
    netns::create_bridge(host, {.name = name,
                                .index = free_index(host, wanted_index),
                                .mac = mac,
                                .mtu_bytes = kBridgeMtu});
    bridge = netns::find_link(host, name);
    if (bridge) undo.add([&host, index = bridge->index] { netns::delete_link(host, index); });
  }
  if (!bridge) throw std::system_error(ENODEV, std::generic_category(), "find bridge " + name);
  netns::put_address(host, bridge->index, address);
}

// The next index after the host's links and the task's own ENI, which was plugged in before.
int veth_index(netns::RouteSocket& host, netns::RouteSocket& task) {
  int highest = kFirstVethIndex - 1;
  for (const auto& link : netns::list_links(host)) highest = std::max(highest, link.index);
  for (const auto& link : netns::list_links(task)) highest = std::max(highest, link.index);
  return highest + 1;
}

bool bridge_is_there(netns::RouteSocket& host, netns::RouteSocket& task, int bridge_index,
                     const TaskBridgeSpec& bridge) {
  const auto device = netns::find_link(task, kTaskInterface);
  if (!device) return false;
  const auto port = netns::find_link(host, device->peer_index);
  const auto addresses = netns::list_addresses(task, device->index);
  return port && port->peer_index == device->index && port->master_index == bridge_index &&
         std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
           return address.prefix.starts_with(bridge.address + "/");
         });
}

void configure_task_interface(netns::RouteSocket& task, const TaskBridgeSpec& bridge) {
  netns::put_address(task, kTaskInterfaceIndex,
                     {.prefix = bridge.address + "/" + std::to_string(kTaskPrefix)});
  // In this order: the gateway is only accepted while the connected route is there. Without that
  // route no task reaches another over the bridge.
  for (const char* destination : {kTaskMetadata, kTaskGateway})
    netns::put_route(task, {.destination = std::string(destination) + "/32",
                            .gateway = kTaskGateway,
                            .link_index = kTaskInterfaceIndex});
  netns::delete_route(task, {.destination = kTaskSubnet,
                             .link_index = kTaskInterfaceIndex,
                             .scope = netns::RouteScope::kLink});
}

}  // namespace

void prepare_instance_links(const std::string& netns_path, const StepName& step) {
  const auto where = netns::Namespace::open(netns_path);
  netns::RouteSocket host(where);
  Undo undo;
  step("set instance sysctls");
  netns::write_sysctls(where, kInstanceSysctls);
  step("add docker0");
  put_bridge(host, kDockerBridge, kDockerBridgeIndex, mac_with(0x02, 0x42, random_bytes()),
             {.prefix = "172.17.0.1/16", .broadcast = "172.17.255.255"}, undo);
  step("add ecs-bridge");
  put_bridge(host, kTaskBridge, kTaskBridgeIndex, mac_with(0x06, 0x00, random_bytes()),
             {.prefix = std::string(kTaskGateway) + "/" + std::to_string(kTaskPrefix)}, undo);
  step("set instance loopback up");
  netns::set_loopback_up(host);
  undo.dismiss();
}

void put_task_bridge_links(const TaskBridgeSpec& bridge, const StepName& step) {
  const auto address = IpAddress::parse(bridge.address);
  if (!address || address->is_v6())
    throw std::system_error(EINVAL, std::generic_category(),
                            "task bridge address '" + bridge.address + "'");
  const auto host_namespace = netns::Namespace::open(bridge.host_netns_path);
  const auto task_namespace = netns::Namespace::open(bridge.task_netns_path);
  netns::RouteSocket host(host_namespace);
  netns::RouteSocket task(task_namespace);
  step("find ecs-bridge");
  const auto port_of = netns::find_link(host, kTaskBridge);
  if (!port_of) throw std::system_error(ENODEV, std::generic_category(), "find ecs-bridge");
  if (bridge_is_there(host, task, port_of->index, bridge)) return;
  if (const auto stale = netns::find_link(task, kTaskInterface))
    netns::delete_link(task, stale->index);

  step("add task veth");
  Undo undo;
  const int host_index = veth_index(host, task);
  netns::create_veth(task,
                     {.name = kTaskInterface,
                      .index = kTaskInterfaceIndex,
                      .mac = task_mac(*address),
                      .mtu_bytes = kBridgeMtu},
                     {.name = veth_name(),
                      .index = host_index,
                      .mtu_bytes = kBridgeMtu,
                      .where = &host_namespace});
  undo.add([&] { netns::delete_link(task, kTaskInterfaceIndex); });
  step("make task veth a bridge port");
  netns::set_master(host, host_index, port_of->index);
  netns::set_up(host, host_index);
  step("configure ecs-eth0");
  configure_task_interface(task, bridge);
  undo.dismiss();
}

}  // namespace enibox::vpc
