#include "netns/internal/message.hpp"

#include <arpa/inet.h>

#include <cstdio>

namespace enibox::netns {
namespace {

[[noreturn]] void invalid(const std::string& what, const std::string& text) {
  throw std::system_error(EINVAL, std::generic_category(), what + " '" + text + "'");
}

}  // namespace

MacBytes parse_mac(const std::string& text) {
  MacBytes mac{};
  int used = 0;
  const int fields = std::sscanf(text.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0],
                                 &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &used);
  if (fields != 6 || text.size() != 17 || used != 17) invalid("MAC address", text);
  return mac;
}

std::string mac_text(const void* bytes) {
  const auto* mac = static_cast<const std::uint8_t*>(bytes);
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                mac[4], mac[5]);
  return text;
}

RawAddress parse_address(const std::string& text) {
  RawAddress address;
  address.family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  address.size = address.family == AF_INET ? 4 : 16;
  if (inet_pton(address.family, text.c_str(), address.bytes.data()) != 1) invalid("address", text);
  return address;
}

std::string address_text(int family, const void* bytes) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, bytes, text, sizeof text) == nullptr ? "" : text;
}

RawPrefix parse_prefix(const std::string& text) {
  const auto slash = text.find('/');
  RawPrefix prefix;
  prefix.address = parse_address(text.substr(0, slash));
  const int bits = static_cast<int>(prefix.address.size * 8);
  int length = bits;
  if (slash != std::string::npos) {
    char rest = 0;
    if (std::sscanf(text.c_str() + slash, "/%d%c", &length, &rest) != 1) invalid("prefix", text);
  }
  if (length < 0 || length > bits) invalid("prefix", text);
  prefix.length = static_cast<std::uint8_t>(length);
  return prefix;
}

Attributes::Attributes(nlmsghdr* header, std::size_t family_header_size) {
  const int header_size = static_cast<int>(family_header_size);
  nlattr* attribute = nlmsg_attrdata(header, header_size);
  int left = nlmsg_attrlen(header, header_size);
  for (; nla_ok(attribute, left); attribute = nla_next(attribute, &left)) {
    const auto type = static_cast<std::size_t>(nla_type(attribute));
    if (type < kCount) table_[type] = attribute;
  }
}

Attributes::Attributes(nlattr* nest) {
  if (nest == nullptr) return;
  auto* attribute = static_cast<nlattr*>(nla_data(nest));
  int left = nla_len(nest);
  for (; nla_ok(attribute, left); attribute = nla_next(attribute, &left)) {
    const auto type = static_cast<std::size_t>(nla_type(attribute));
    if (type < kCount) table_[type] = attribute;
  }
}

std::string Attributes::text(int attribute) const {
  nlattr* found = raw(attribute);
  if (found == nullptr) return {};
  const auto* data = static_cast<const char*>(nla_data(found));
  return std::string(data, strnlen(data, static_cast<std::size_t>(nla_len(found))));
}

std::string Attributes::address(int attribute, int family) const {
  nlattr* found = raw(attribute);
  if (found == nullptr || nla_len(found) < (family == AF_INET ? 4 : 16)) return {};
  return address_text(family, nla_data(found));
}

}  // namespace enibox::netns
