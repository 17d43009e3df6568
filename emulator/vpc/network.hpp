#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/wire/service.hpp"
#include "emulator/outcome.hpp"

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
  std::optional<std::string> cidr;      // "10.0.0.0/16"
  std::optional<std::string> group_id;  // the private addresses of that group's members
  bool operator==(const GroupRule&) const = default;
};

struct GroupSpec {
  std::string group_id;
  std::string vpc_id;
  std::vector<GroupRule> rules;
  bool operator==(const GroupSpec&) const = default;
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
  std::string subnet_cidr;  // "10.0.100.0/24"
  std::string address;      // "10.0.100.57", the primary private address
  std::string mac;          // "0a:ff:..."
  std::vector<std::string> group_ids;
  bool source_dest_check = true;
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

// Every call returns at once and is carried out in order on the network worker; `done` (may be
// empty) is called on the loop thread. Calls are idempotent: putting what is there, or removing
// what is not, succeeds. Errors: std::system_error naming the step.
class Network : public api::BarrierGate {
 public:
  virtual void put_vpc(VpcSpec vpc, Done<Nothing> done) = 0;
  virtual void remove_vpc(std::string vpc_id, Done<Nothing> done) = 0;
  virtual void put_group(GroupSpec group, Done<Nothing> done) = 0;
  virtual void remove_group(std::string group_id, Done<Nothing> done) = 0;

  // The device is born complete in the namespace: name, MAC, MTU, address, default route; its
  // groups judge its first packet. Putting it again with other groups or check changes only those.
  virtual void put_eni(EniSpec eni, Done<Nothing> done) = 0;
  // Also deletes the address's conntrack entries. A namespace that is gone is fine.
  virtual void remove_eni(std::string eni_id, Done<Nothing> done) = 0;

  // docker0 (172.17.0.1/16) and ecs-bridge (169.254.172.1/22) of a container instance, lo up.
  virtual void prepare_instance(std::string netns_path, Done<Nothing> done) = 0;
  virtual void put_task_bridge(TaskBridgeSpec bridge, Done<Nothing> done) = 0;

  // The number of the last call made; when_passed(generation()) waits for all made so far.
  virtual std::uint64_t generation() const = 0;
};

}  // namespace enibox::vpc
