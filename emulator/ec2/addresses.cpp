#include "emulator/ec2/addresses.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "api/error.hpp"
#include "emulator/ec2/state.hpp"
#include "emulator/ec2/zones.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {
namespace {

std::uint32_t random_below(std::uint64_t limit) {
  static std::mt19937_64 engine{std::random_device{}()};
  return static_cast<std::uint32_t>(
      std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(engine));
}

// The n-th free address of a subnet that is nearly full, walking between those taken.
std::uint32_t nth_free(const std::vector<std::uint32_t>& taken, std::uint32_t first,
                       std::uint32_t n) {
  std::uint32_t candidate = first + n;
  for (const auto address : taken) {
    if (address < first) continue;
    if (address > candidate) break;
    ++candidate;
  }
  return candidate;
}

AwsError subnet_is_full() {
  return {"InsufficientFreeAddressesInSubnet",
          "The specified subnet does not have enough free addresses to satisfy the request."};
}

std::vector<vpc::Cidr> reserved_blocks(Ec2State& ec2, const SubnetRow& subnet) {
  std::vector<vpc::Cidr> blocks;
  for (const auto& row : ec2.subnet_reservations.of_subnet(subnet.subnet_id)) {
    blocks.push_back(block_of(row.cidr));
  }
  return blocks;
}

// A free address outside of the subnet's reservations, looked for from a random one on.
std::uint32_t pick_beside(Ec2State& ec2, const SubnetRow& subnet,
                          const std::vector<vpc::Cidr>& reserved) {
  const auto block = block_of(subnet.cidr);
  const auto taken = ec2.enis.taken(subnet.subnet_id);
  const auto usable = static_cast<std::uint64_t>(usable_addresses(block));
  const auto start = random_below(usable);
  for (std::uint64_t i = 0; i < usable; ++i) {
    const auto address = block.host(4 + (start + i) % usable);
    const bool kept = std::any_of(reserved.begin(), reserved.end(),
                                  [&](const auto& each) { return each.contains(address); });
    if (!kept && !std::binary_search(taken.begin(), taken.end(), address.to_v4())) {
      return address.to_v4();
    }
  }
  throw subnet_is_full();
}

}  // namespace

vpc::Cidr block_of(const std::string& cidr) {
  if (const auto block = vpc::Cidr::parse(cidr)) return *block;
  throw std::logic_error("not a block: " + cidr);
}

bool is_reserved(const vpc::Cidr& subnet, const vpc::IpAddress& address) {
  return address < subnet.host(4) || address == subnet.broadcast();
}

std::int64_t usable_addresses(const vpc::Cidr& subnet) {
  return static_cast<std::int64_t>(subnet.size()) - 5;
}

std::uint32_t check_address(EniRows& enis, const SubnetRow& subnet, const std::string& wanted) {
  const auto block = block_of(subnet.cidr);
  const auto address = vpc::IpAddress::parse(wanted);
  if (!address || address->is_v6()) {
    throw AwsError("InvalidParameterValue", "invalid value for parameter address: " + wanted);
  }
  if (!block.contains(*address)) {
    throw AwsError("InvalidParameterValue",
                   "Address " + wanted + " does not fall within the subnet's address range");
  }
  if (is_reserved(block, *address)) {
    throw AwsError("InvalidParameterValue",
                   "Address " + wanted + " is in subnet's reserved address range");
  }
  if (enis.owner_of(subnet.subnet_id, address->to_v4())) {
    throw AwsError("InvalidIPAddress.InUse", "Address " + wanted + " is in use.");
  }
  return address->to_v4();
}

std::uint32_t pick_address(Ec2State& ec2, const SubnetRow& subnet) {
  const auto reserved = reserved_blocks(ec2, subnet);
  if (!reserved.empty()) return pick_beside(ec2, subnet, reserved);
  auto& enis = ec2.enis;
  const auto block = block_of(subnet.cidr);
  const auto usable = static_cast<std::uint64_t>(usable_addresses(block));
  const std::uint32_t first = block.host(4).to_v4();
  // Nearly always the first try hits a free one; only a crowded subnet is read whole.
  for (int attempt = 0; attempt < 4; ++attempt) {
    const std::uint32_t candidate = first + random_below(usable);
    if (!enis.owner_of(subnet.subnet_id, candidate)) return candidate;
  }
  const auto taken = enis.taken(subnet.subnet_id);
  if (taken.size() >= usable) {
    throw subnet_is_full();
  }
  return nth_free(taken, first, random_below(usable - taken.size()));
}

std::string random_mac(const std::string& availability_zone) {
  static constexpr const char* kFirst[] = {"02", "06", "0a", "0e", "12", "16", "1a", "1e"};
  const auto zone = static_cast<unsigned>(zone_index(availability_zone)) % std::size(kFirst);
  std::string mac = kFirst[zone];
  do {
    mac.resize(2);
    const auto digits = random_hex(10);
    for (std::size_t i = 0; i < digits.size(); i += 2) mac += ":" + digits.substr(i, 2);
  } while (mac.starts_with("0a:58"));
  return mac;
}

}  // namespace enibox::ec2
