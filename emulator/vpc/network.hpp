#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/wire/service.hpp"
#include "emulator/outcome.hpp"
#include "netns/handle.hpp"

// The seam between what a VPC is (rows) and what the kernel is made to do about it. The real one is
// LinuxNetwork (one worker, strictly in order); unit tests use tests/unit/fake_network.hpp.
namespace enibox::vpc {

// One rule of a security group, as packets see it. AWS: SecurityGroupRule.
struct GroupRule {
  bool egress = false;
  std::string protocol;  // "-1", "tcp", "udp", "icmp" or a number as text
  int from_port = -1;    // ICMP: type; -1 all
  int to_port = -1;      // ICMP: code; -1 all
  // exactly one peer
  std::optional<std::string> cidr;                 // "10.0.0.0/16"
  std::optional<std::string> group_id;             // the private addresses of that group's members
  std::optional<std::string> prefix_list_id = {};  // the blocks of that list
  bool operator==(const GroupRule&) const = default;
};

struct GroupSpec {
  std::string group_id;
  std::string vpc_id;
  std::vector<GroupRule> rules;
  bool operator==(const GroupSpec&) const = default;
};

// A managed prefix list's current version. AWS: ManagedPrefixList. Every VPC may name it.
struct PrefixListSpec {
  std::string prefix_list_id;
  std::vector<std::string> cidrs;  // IPv6 ones open nothing
  bool operator==(const PrefixListSpec&) const = default;
};

// One entry of a network ACL. AWS: NetworkAclEntry.
struct AclEntry {
  bool egress = false;
  int number = 0;  // the lowest that matches decides
  bool allow = false;
  std::string protocol;  // "-1" or a number as text
  int from_port = -1;    // ICMP: type; -1 all
  int to_port = -1;      // ICMP: code; -1 all
  std::string cidr;
  bool operator==(const AclEntry&) const = default;
};

// A network ACL and the subnets it guards. A subnet has one: putting it with another ACL moves it.
struct NetworkAclSpec {
  std::string acl_id;
  std::string vpc_id;
  std::vector<std::string> subnets;  // CIDRs
  std::vector<AclEntry> entries;
  bool operator==(const NetworkAclSpec&) const = default;
};

struct VpcSpec {
  std::string vpc_id;
  std::vector<std::string> cidrs;    // the primary one first
  std::vector<std::string> subnets;  // CIDRs; the router answers at base+1 of each
  bool operator==(const VpcSpec&) const = default;
};

// An elastic network interface and the namespace its device goes to.
struct EniSpec {
  std::string eni_id;
  std::string vpc_id;
  std::string subnet_cidr;                            // "10.0.100.0/24"
  std::string address;                                // "10.0.100.57", the primary private address
  std::vector<std::string> secondary_addresses = {};  // routed and filtered, not on the device
  std::string mac;                                    // "0a:ff:..."
  std::vector<std::string> group_ids;
  bool source_dest_check = true;
  bool judged_by_groups = true;  // false: a NAT gateway's, which has none and passes all
  int mtu_bytes = 9001;
  std::string netns_path;  // the namespace file that owns the device
  std::string interface_name = "eth0";
  bool dhcp_like =
      false;  // instances: address with broadcast and a lifetime, as dhclient leaves it
  // A task on an instance: the instance's namespace, from whose links the device's index follows
  // (the first task's eth0 is 4, as hot-plugged ENIs are). Empty: any.
  std::string host_netns_path = {};
  bool operator==(const EniSpec&) const = default;
};

// A task's second interface: ecs-eth0 on the instance's ecs-bridge (facts: 169.254.172.0/22).
struct TaskBridgeSpec {
  std::string host_netns_path;
  std::string task_netns_path;
  std::string address;  // "169.254.172.2"; the MAC is 0a:58 and its four bytes
};

// What packets of a subnet's interfaces meet beyond the VPC's own blocks: the routes of the table
// the subnet is associated with. AWS: Route.
struct RouteSpec {
  std::string destination;  // "0.0.0.0/0"
  // "igw-...", "pcx-..." or an interface's id (a NAT gateway's, an appliance's). What is empty or
  // not there at the time is a blackhole.
  std::string target;
  bool operator==(const RouteSpec&) const = default;
};

struct SubnetRoutesSpec {
  std::string vpc_id;
  std::string subnet_cidr;
  std::vector<RouteSpec> routes;
  bool operator==(const SubnetRoutesSpec&) const = default;
};

// An internet gateway that is attached.
struct GatewaySpec {
  std::string gateway_id;
  std::string vpc_id;
  bool operator==(const GatewaySpec&) const = default;
};

// A public or elastic address that is mapped to a private one. It acts while the VPC has an
// internet gateway.
struct PublicAddressSpec {
  std::string address;  // "203.0.113.7"
  std::string vpc_id;
  std::string private_address;
  bool operator==(const PublicAddressSpec&) const = default;
};

// A NAT gateway: its interface's vpc_id, subnet_cidr, address, mac; the rest follows from what it
// is.
struct NatGatewaySpec {
  std::string nat_gateway_id;
  std::string eni_id, vpc_id, subnet_cidr, address, mac;
  std::vector<std::string> secondary_addresses = {};
  bool operator==(const NatGatewaySpec&) const = default;
};

// An active VPC peering connection.
struct PeeringSpec {
  std::string peering_id;
  std::string requester_vpc, accepter_vpc;
  int mtu_bytes = 9001;  // 1500 between regions
  bool operator==(const PeeringSpec&) const = default;
};

// A port of an address that the router of a VPC answers itself: the resolver, metadata, time. No
// gate, ACL or flow record touches it; each ENI may send to all of them together what
// kServicePacketsPerSecond says (VPC User Guide: 1024 packets per second to link-local services).
struct LocalService {
  std::string vpc_id;
  std::string address;   // "10.0.0.2", "169.254.169.253"
  std::string protocol;  // "udp", "tcp"
  std::uint16_t port = 0;
  auto operator<=>(const LocalService&) const = default;
};

// Every call returns at once and is carried out in order on the network worker; `done` (may be
// empty) is called on the loop thread. Calls are idempotent: putting what is there, or removing
// what is not, succeeds. Errors: std::system_error naming the step.
class Network : public api::BarrierGate {
 public:
  virtual void put_vpc(VpcSpec vpc, Done<Nothing> done) = 0;
  virtual void remove_vpc(std::string vpc_id, Done<Nothing> done) = 0;
  virtual void put_group(GroupSpec group, Done<Nothing> done) = 0;
  virtual void remove_group(std::string group_id, Done<Nothing> done) = 0;
  virtual void put_prefix_list(PrefixListSpec list, Done<Nothing> done) = 0;
  virtual void remove_prefix_list(std::string prefix_list_id, Done<Nothing> done) = 0;
  virtual void put_acl(NetworkAclSpec acl, Done<Nothing> done) = 0;
  // Its subnets are guarded by none then.
  virtual void remove_acl(std::string acl_id, Done<Nothing> done) = 0;

  // The device is born complete in the namespace: name, MAC, MTU, address, default route; its
  // groups judge its first packet. Putting it again with other groups, secondary addresses or check
  // changes only those.
  virtual void put_eni(EniSpec eni, Done<Nothing> done) = 0;
  // Also deletes its addresses' conntrack entries. A namespace that is gone is fine.
  virtual void remove_eni(std::string eni_id, Done<Nothing> done) = 0;

  // From here to release_filters() what is put is collected, and judged by its filters from then
  // on; new gates are closed until then. For much at once: at start-up.
  virtual void hold_filters() = 0;
  virtual void release_filters(Done<Nothing> done) = 0;
  // Replaces the subnet's routes; none: only the VPC's own blocks are reached.
  virtual void put_subnet_routes(SubnetRoutesSpec routes, Done<Nothing> done) = 0;
  virtual void put_gateway(GatewaySpec gateway, Done<Nothing> done) = 0;
  virtual void remove_gateway(std::string gateway_id, Done<Nothing> done) = 0;
  virtual void put_public_address(PublicAddressSpec address, Done<Nothing> done) = 0;
  virtual void remove_public_address(std::string address, Done<Nothing> done) = 0;
  virtual void put_nat_gateway(NatGatewaySpec nat, Done<Nothing> done) = 0;
  virtual void remove_nat_gateway(std::string nat_gateway_id, Done<Nothing> done) = 0;
  virtual void put_peering(PeeringSpec peering, Done<Nothing> done) = 0;
  virtual void remove_peering(std::string peering_id, Done<Nothing> done) = 0;
  // A namespace of its own for an ENI's device, with a file at `path`; for what is no task or
  // instance. One that is there is left.
  virtual void make_namespace(std::string path, Done<Nothing> done) = 0;
  virtual void remove_namespace(std::string path, Done<Nothing> done) = 0;

  // docker0 (172.17.0.1/16) and ecs-bridge (169.254.172.1/22) of a container instance, lo up.
  virtual void prepare_instance(std::string netns_path, Done<Nothing> done) = 0;
  virtual void put_task_bridge(TaskBridgeSpec bridge, Done<Nothing> done) = 0;

  // Gives a bound, non-blocking (tcp: listening) socket of the router's namespace; the address
  // becomes the router's own. Opened again it gives another socket. Whoever has it closes it.
  virtual void open_service(LocalService service, Done<netns::UniqueFd> done) = 0;
  virtual void close_service(LocalService service, Done<Nothing> done) = 0;

  // The number of the last call made; when_passed(generation()) waits for all made so far.
  virtual std::uint64_t generation() const = 0;
};

}  // namespace enibox::vpc
