#pragma once
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "netns/handle.hpp"

// Netlink messages, written and read. Only netns/*.cpp includes this.
namespace enibox::netns {

using MacBytes = std::array<std::uint8_t, 6>;
// "0a:58:a9:fe:ac:02"; throws std::system_error (Invalid argument).
MacBytes parse_mac(const std::string& text);
std::string mac_text(const void* bytes);

// An address with its family and length as netlink wants it.
struct RawAddress {
  int family = 0;
  std::size_t size = 0;
  std::array<std::uint8_t, 16> bytes{};
};
RawAddress parse_address(const std::string& text);
std::string address_text(int family, const void* bytes);

// "10.0.0.0/16"; a bare address is a host's.
struct RawPrefix {
  RawAddress address;
  std::uint8_t length = 0;
};
RawPrefix parse_prefix(const std::string& text);

// One request under construction: the family header, then attributes.
class Message {
 public:
  template <typename Header>
  Message(int type, int flags, const Header& header)
      : message_(nlmsg_alloc_simple(type, NLM_F_REQUEST | flags)) {
    if (!message_) throw std::bad_alloc();
    check(nlmsg_append(message_.get(), const_cast<Header*>(&header), sizeof header, NLMSG_ALIGNTO));
  }

  template <typename T>
  requires std::is_trivially_copyable_v<T> Message& put(int attribute, const T& value) {
    return put_bytes(attribute, &value, sizeof value);
  }
  Message& put(int attribute, const std::string& text) {
    return put_bytes(attribute, text.c_str(), text.size() + 1);
  }
  Message& put(int attribute, const RawAddress& address) {
    return put_bytes(attribute, address.bytes.data(), address.size);
  }
  Message& put_mac(int attribute, const std::string& text) {
    return put(attribute, parse_mac(text));
  }
  Message& put_bytes(int attribute, const void* bytes, std::size_t size) {
    check(nla_put(message_.get(), attribute, static_cast<int>(size), bytes));
    return *this;
  }
  // Bytes without an attribute header, as VETH_INFO_PEER starts with.
  template <typename T>
  Message& append(const T& value) {
    check(nlmsg_append(message_.get(), const_cast<T*>(&value), sizeof value, NLMSG_ALIGNTO));
    return *this;
  }
  // Attributes put by `fill` become children of `attribute`.
  template <typename Fill>
  Message& nest(int attribute, Fill fill) {
    nlattr* start = nla_nest_start(message_.get(), attribute);
    if (start == nullptr) throw std::bad_alloc();
    fill(*this);
    nla_nest_end(message_.get(), start);
    return *this;
  }

  nl_msg* raw() { return message_.get(); }

 private:
  static void check(int result) {
    if (result < 0) throw std::bad_alloc();
  }
  Handle<nl_msg, nlmsg_free> message_;
};

// The attributes of one answer, by number.
class Attributes {
 public:
  Attributes(nlmsghdr* header, std::size_t family_header_size);
  explicit Attributes(nlattr* nest);

  nlattr* raw(int attribute) const {
    return static_cast<std::size_t>(attribute) < kCount
               ? table_[static_cast<std::size_t>(attribute)]
               : nullptr;
  }
  bool has(int attribute) const { return raw(attribute) != nullptr; }
  template <typename T>
  T get(int attribute, T fallback = T{}) const {
    const nlattr* found = raw(attribute);
    if (found == nullptr || static_cast<std::size_t>(nla_len(found)) < sizeof(T)) return fallback;
    T value;
    std::memcpy(&value, nla_data(found), sizeof value);
    return value;
  }
  std::string text(int attribute) const;
  std::string address(int attribute, int family) const;

 private:
  static constexpr std::size_t kCount = 80;
  std::array<nlattr*, kCount> table_{};
};

}  // namespace enibox::netns
