#pragma once
#include <cstdint>
#include <string>

#include "emulator/ec2/eni_rows.hpp"
#include "emulator/ec2/vpc_rows.hpp"
#include "emulator/vpc/cidr.hpp"

// Private addresses of subnets and MAC addresses of interfaces.
namespace enibox::ec2 {

struct Ec2State;

// A block out of a row. Throws std::logic_error when it is none.
vpc::Cidr block_of(const std::string& cidr);

// EC2 keeps the first four addresses of a subnet (network, router, DNS, future use) and the last.
bool is_reserved(const vpc::Cidr& subnet, const vpc::IpAddress& address);
std::int64_t usable_addresses(const vpc::Cidr& subnet);

// A fixed address that was asked for. Throws InvalidParameterValue, InvalidIPAddress.InUse.
std::uint32_t check_address(EniRows& enis, const SubnetRow& subnet, const std::string& wanted);
// A random free one outside of the subnet's CIDR reservations. Throws
// InsufficientFreeAddressesInSubnet.
std::uint32_t pick_address(Ec2State& ec2, const SubnetRow& subnet);

// Locally administered unicast; the interfaces of a zone share their first byte. Never 0a:58, which
// is ECS's bridge.
std::string random_mac(const std::string& availability_zone);

}  // namespace enibox::ec2
