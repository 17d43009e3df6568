#include "emulator/vpc/cidr.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <stdexcept>

namespace enibox::vpc {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton wants a terminated string and would stop at an embedded NUL.
  std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  address.v6_ = terminated.find(':') != std::string::npos;
  const int family = address.v6_ ? AF_INET6 : AF_INET;
  if (inet_pton(family, terminated.c_str(), address.bytes_.data()) != 1) return std::nullopt;
  return address;
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  for (std::size_t i = 0; i < 4; ++i)
    address.bytes_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

std::uint32_t IpAddress::to_v4() const {
  if (v6_) throw std::logic_error("not an IPv4 address: " + text());
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes_[i];
  return value;
}

IpAddress IpAddress::plus(std::uint64_t offset) const {
  IpAddress result = *this;
  std::uint64_t carry = offset;
  for (std::size_t i = static_cast<std::size_t>(bits() / 8); i-- > 0 && carry != 0;) {
    const std::uint64_t sum = (carry & 0xff) + result.bytes_[i];
    result.bytes_[i] = static_cast<std::uint8_t>(sum);
    carry = (carry >> 8) + (sum >> 8);
  }
  return result;
}

IpAddress IpAddress::masked(int prefix) const {
  IpAddress result = *this;
  for (int bit = prefix; bit < bits(); ++bit) {
    auto& byte = result.bytes_[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<std::uint8_t>(byte & ~(0x80u >> (bit % 8)));
  }
  return result;
}

IpAddress IpAddress::filled(int prefix) const {
  IpAddress result = *this;
  for (int bit = prefix; bit < bits(); ++bit) {
    auto& byte = result.bytes_[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<std::uint8_t>(byte | (0x80u >> (bit % 8)));
  }
  return result;
}

Cidr::Cidr(const IpAddress& address, int prefix) : base_(address.masked(prefix)), prefix_(prefix) {
  if (prefix < 0 || prefix > address.bits())
    throw std::logic_error("prefix out of range: " + std::to_string(prefix));
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto digits = text.substr(slash + 1);
  if (!address || digits.empty() || digits.size() > 3) return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  int prefix = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (prefix > address->bits()) return std::nullopt;
  return Cidr(*address, prefix);
}

std::string Cidr::text() const { return with_prefix(base_); }

std::uint64_t Cidr::size() const {
  const int host_bits = base_.bits() - prefix_;
  return std::uint64_t{1} << (host_bits > 63 ? 63 : host_bits);
}

std::string Cidr::with_prefix(const IpAddress& address) const {
  return address.text() + "/" + std::to_string(prefix_);
}

bool Cidr::contains(const IpAddress& address) const {
  return address.is_v6() == is_v6() && address.masked(prefix_) == base_;
}

bool Cidr::contains(const Cidr& other) const {
  return other.prefix_ >= prefix_ && contains(other.base_);
}

// In their order a block comes after all that hold it.
std::set<Cidr> outermost(const std::set<Cidr>& blocks) {
  std::set<Cidr> kept;
  const Cidr* last = nullptr;
  for (const auto& block : blocks) {
    if (last != nullptr && last->contains(block)) continue;
    last = &*kept.insert(block).first;
  }
  return kept;
}

}  // namespace enibox::vpc
