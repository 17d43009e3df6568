#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

// Addresses and address blocks as values: what a VPC, a subnet and a rule are made of. IPv4 and
// IPv6 alike; no kernel types. Everything here is pure and safe from any thread.
namespace enibox::vpc {

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0

  // "10.0.0.5" or "fd00::1", strictly (no leading zeros, no spaces); anything else gives nothing.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress v4(std::uint32_t host_order);

  bool is_v6() const { return v6_; }
  int bits() const { return v6_ ? 128 : 32; }
  std::string text() const;
  // IPv4 only, in host byte order.
  std::uint32_t to_v4() const;
  // Network order; the first 4 count for IPv4, all 16 for IPv6.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  // The address `offset` further on; wraps at the end of the family.
  IpAddress plus(std::uint64_t offset) const;
  // The first `prefix` bits kept, the others cleared (or set).
  IpAddress masked(int prefix) const;
  IpAddress filled(int prefix) const;

  // IPv4 before IPv6, then by number.
  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};
};

// A block in canonical form: the host bits of base() are zero.
class Cidr {
 public:
  Cidr() = default;  // 0.0.0.0/0
  // Clears the host bits of `address`. `prefix` is 0 to 32, or 128 for IPv6.
  Cidr(const IpAddress& address, int prefix);

  // "10.0.0.0/16". Host bits are cleared, as EC2 does: "10.0.0.5/16" gives 10.0.0.0/16; compare
  // text() with the input where that matters. Anything malformed gives nothing: no prefix, one
  // out of range, a sign, spaces.
  static std::optional<Cidr> parse(std::string_view text);

  const IpAddress& base() const { return base_; }
  int prefix() const { return prefix_; }
  bool is_v6() const { return base_.is_v6(); }
  bool is_everything() const { return prefix_ == 0; }
  std::string text() const;

  // How many addresses it has; at most 2^63, where larger IPv6 blocks are capped.
  std::uint64_t size() const;
  // host(0) is the network, host(1) a subnet's router, host(2) of a VPC its resolver. `n` is below
  // size().
  IpAddress host(std::uint64_t n) const { return base_.plus(n); }
  // The last address.
  IpAddress broadcast() const { return base_.filled(prefix_); }
  // "10.0.100.57/24": an address of the block with the block's prefix, as `ip addr` shows it.
  std::string with_prefix(const IpAddress& address) const;

  bool contains(const IpAddress& address) const;
  bool contains(const Cidr& other) const;
  bool overlaps(const Cidr& other) const { return contains(other) || other.contains(*this); }

  auto operator<=>(const Cidr&) const = default;

 private:
  IpAddress base_;
  int prefix_ = 0;
};

// Blocks are nested or apart; these are the ones that no other holds.
std::set<Cidr> outermost(const std::set<Cidr>& blocks);

}  // namespace enibox::vpc
