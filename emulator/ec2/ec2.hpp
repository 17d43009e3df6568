#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What the other services ask of EC2: values and verbs, no JSON. Rows live in SQLite; every verb
// runs in the caller's transaction if there is one. Loop thread only. Errors: AwsError with EC2's
// codes.
namespace enibox::ec2 {

struct Subnet {
  std::string subnet_id, region, vpc_id, cidr, availability_zone, availability_zone_id;
};

struct NetworkInterface {
  std::string eni_id, region, vpc_id, subnet_id, subnet_cidr, availability_zone;
  std::string address;  // primary private IPv4
  std::vector<std::string> secondary_addresses;
  std::string private_dns_name;  // "ip-10-0-1-121.ec2.internal"; empty when DNS hostnames are off
  std::string mac;
  std::string description;
  std::string status;  // available, in-use, ...
  std::vector<std::string> group_ids;
  bool source_dest_check = true;
  // the attachment; empty ids when there is none
  std::string attachment_id, instance_id;
  int device_index = -1;
  bool delete_on_termination = false;
  bool requester_managed = false;  // a service's (a task's), not the user's
};

struct NewNetworkInterface {
  std::string region, subnet_id;
  std::optional<std::string> address;  // a fixed one; otherwise a free one of the subnet
  std::vector<std::string> group_ids;  // empty: the VPC's default group
  std::string description;
  std::string interface_type = "interface";
  std::string requester_id;  // set: RequesterManaged, users may not change or delete it
  bool in_service = false;   // attached from the beginning, to what is no instance
};

struct Instance {
  std::string instance_id, region, vpc_id, subnet_id, availability_zone, instance_type, image_id;
  std::string state;      // pending, running, shutting-down, terminated, stopping, stopped
  std::string user_data;  // decoded
  std::string primary_eni_id;
  std::string private_dns_name;  // "ip-10-0-1-21.ec2.internal", whatever the VPC's attributes say
  bool has_ecs_agent = false;    // its image is ECS-optimized
};

// Sizes of an instance type (facts: B.10).
struct InstanceType {
  std::string name;
  int vcpus = 0, memory_mib = 0, max_enis = 0, ipv4_per_eni = 0;
  int trunk_tasks = 0;       // awsvpc tasks with an ENI trunk; 0: the type cannot trunk
  std::string architecture;  // "x86_64", "arm64"
};

// What a VPC's resolver goes by, and what DHCP tells a host of it.
struct VpcDns {
  std::string vpc_id, region;
  std::vector<std::string> cidrs;  // the primary one first
  bool support = true, hostnames = false;
  std::string resolver;                   // base of the primary block plus two
  std::vector<std::string> search;        // domain-name of the DHCP options
  std::vector<std::string> name_servers;  // domain-name-servers; AmazonProvidedDNS is `resolver`
};

// Whose a public address is.
struct PublicAddress {
  std::string region;
  std::string vpc_id, private_address;  // empty: nobody's yet
};

class Ec2 {
 public:
  virtual ~Ec2() = default;

  virtual Subnet subnet(const std::string& region, const std::string& subnet_id) = 0;
  // A subnet of the VPC with free addresses; without an id, of the only VPC that is nobody's
  // default. Throws InvalidVpcID.NotFound, InvalidParameterValue when there are several.
  virtual Subnet any_subnet(const std::string& vpc_id) = 0;
  // Throws InvalidSubnetID.NotFound.
  virtual std::string region_of_subnet(const std::string& subnet_id) = 0;
  // The VPC a group belongs to. Throws InvalidGroup.NotFound.
  virtual std::string group_vpc(const std::string& region, const std::string& group_id) = 0;
  virtual std::string default_group(const std::string& region, const std::string& vpc_id) = 0;

  virtual NetworkInterface create_network_interface(const NewNetworkInterface& wanted) = 0;
  virtual NetworkInterface network_interface(const std::string& eni_id) = 0;
  // At the next free device index of the instance.
  virtual void attach(const std::string& eni_id, const std::string& instance_id) = 0;
  virtual void detach(const std::string& eni_id) = 0;
  virtual void delete_network_interface(const std::string& eni_id) = 0;
  // All that a requester made, of all regions.
  virtual std::vector<NetworkInterface> requested_by(const std::string& requester_id) = 0;
  // Those of an instance, by device index.
  virtual std::vector<NetworkInterface> attached(const std::string& instance_id) = 0;
  // Every interface that should be a device (attached), of all regions: for start-up.
  virtual std::vector<NetworkInterface> all_attached() = 0;

  virtual Instance instance(const std::string& instance_id) = 0;
  virtual std::vector<Instance> instances_in_state(const std::string& state) = 0;
  // Moves the state on and notes the time and reason ("Client.UserInitiatedShutdown: ...").
  virtual void set_instance_state(const std::string& instance_id, const std::string& state,
                                  const std::string& reason) = 0;
  virtual InstanceType instance_type(const std::string& name) = 0;
  // Nothing: there is no such VPC.
  virtual std::optional<VpcDns> vpc_dns(const std::string& vpc_id) = 0;
  virtual std::optional<PublicAddress> public_address(const std::string& address) = 0;
  // The private address that the resource name of an instance stands for; nothing: the VPC has no
  // such instance, or its subnet gave it no such record (EnableResourceNameDnsARecord).
  virtual std::optional<std::string> resource_name_address(const std::string& vpc_id,
                                                           const std::string& instance_id) = 0;
};

}  // namespace enibox::ec2
