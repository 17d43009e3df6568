#include "emulator/ec2/public_address.hpp"

#include <random>

#include "emulator/ec2/zones.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2 {
namespace {

constexpr const char* kPools[] = {"203.0.113.0/24", "198.51.100.0/24", "198.18.0.0/15"};
constexpr std::uint64_t kRandomTries = 16;

bool is_free(Ec2State& ec2, const std::string& address) {
  return !ec2.addresses.find_ip(address) && !ec2.public_addresses.find_ip(address);
}

}  // namespace

// A small pool is walked from a random place, so that the last address of it is found, too.
std::string pick_public_address(Ec2State& ec2) {
  static std::mt19937_64 engine{std::random_device{}()};
  for (const auto* text : kPools) {
    const auto pool = *vpc::Cidr::parse(text);
    const auto usable = pool.size() - 2;
    const auto first = std::uniform_int_distribution<std::uint64_t>(0, usable - 1)(engine);
    const auto tries = pool.prefix() < 24 ? kRandomTries * kRandomTries : usable;
    for (std::uint64_t i = 0; i < tries; ++i) {
      const auto address = pool.host(1 + (first + i) % usable).text();
      if (is_free(ec2, address)) return address;
    }
  }
  throw AwsError("InsufficientAddressCapacity",
                 "There are not enough free public addresses to satisfy the request.");
}

void give_public_address(Ec2State& ec2, const EniRow& eni) {
  ec2.public_addresses.put({eni.eni_id, eni.region, pick_public_address(ec2)});
}

void withdraw_public_address(Ec2State& ec2, const std::string& eni_id) {
  auto row = ec2.public_addresses.of_eni(eni_id);
  if (!row || !row->public_ip) return;
  row->public_ip.reset();
  ec2.public_addresses.put(*row);
  ec2.eni_changed(eni_id);
}

void restore_public_address(Ec2State& ec2, const std::string& eni_id) {
  auto row = ec2.public_addresses.of_eni(eni_id);
  if (!row || row->public_ip) return;
  const auto eni = ec2.enis.find(eni_id);
  for (const auto& elastic : ec2.addresses.of_eni(eni_id)) {
    if (elastic.private_address == eni->address) return;
  }
  row->public_ip = pick_public_address(ec2);
  ec2.public_addresses.put(*row);
  ec2.eni_changed(eni_id);
}

Json public_association_json(Ec2State& ec2, const EniRow& eni) {
  const auto row = ec2.public_addresses.of_eni(eni.eni_id);
  if (!row || !row->public_ip) return nullptr;
  return {{"IpOwnerId", "amazon"},
          {"PublicDnsName", public_dns_name(eni.region, *row->public_ip)},
          {"PublicIp", *row->public_ip}};
}

}  // namespace enibox::ec2
