#include "tests/net/packets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <ostream>

#include "netns/namespace.hpp"

namespace enibox::test {
namespace {

using netns::throw_errno;
using netns::UniqueFd;

UniqueFd open_socket(const std::string& netns, int family, int type, int protocol = 0) {
  UniqueFd socket;
  netns::Namespace::open(netns).run([&] {
    socket.reset(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!socket) throw_errno("socket");
  });
  return socket;
}

sockaddr_in inet_address(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &result.sin_addr) != 1) throw_errno("address");
  return result;
}

bool ready(const UniqueFd& socket, short events, int wait_ms) {
  pollfd poll{socket.get(), events, 0};
  return ::poll(&poll, 1, wait_ms) > 0;
}

void append(std::vector<std::uint8_t>& frame, std::initializer_list<int> bytes) {
  for (const int byte : bytes) frame.push_back(static_cast<std::uint8_t>(byte));
}

void append_mac(std::vector<std::uint8_t>& frame, const std::string& mac) {
  unsigned b[6];
  std::sscanf(mac.c_str(), "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4, b + 5);
  for (const unsigned byte : b) frame.push_back(static_cast<std::uint8_t>(byte));
}

void append_address(std::vector<std::uint8_t>& frame, const std::string& address) {
  in_addr raw{};
  ::inet_pton(AF_INET, address.c_str(), &raw);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&raw);
  frame.insert(frame.end(), bytes, bytes + 4);
}

void put_checksum(std::vector<std::uint8_t>& frame, std::size_t from, std::size_t to,
                  std::size_t at) {
  std::uint32_t sum = 0;
  for (std::size_t i = from; i < to; i += 2)
    sum += static_cast<std::uint32_t>(frame[i] << 8 | frame[i + 1]);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  frame[at] = static_cast<std::uint8_t>(~sum >> 8 & 0xff);
  frame[at + 1] = static_cast<std::uint8_t>(~sum & 0xff);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Meeting meeting) {
  switch (meeting) {
    case Meeting::kConnected:
      return out << "connected";
    case Meeting::kRefused:
      return out << "refused";
    case Meeting::kNothing:
      break;
  }
  return out << "nothing";
}

UniqueFd listen_tcp(const std::string& netns, std::uint16_t port) {
  UniqueFd socket = open_socket(netns, AF_INET, SOCK_STREAM);
  const sockaddr_in address = inet_address("0.0.0.0", port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 16) != 0)
    throw_errno("listen");
  return socket;
}

UniqueFd accept_tcp(const UniqueFd& listener) {
  if (!ready(listener, POLLIN, kPatienceMs)) return {};
  return UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

Attempt connect_tcp(const std::string& netns, const std::string& address, std::uint16_t port,
                    int wait_ms) {
  Attempt attempt;
  attempt.socket = open_socket(netns, AF_INET, SOCK_STREAM);
  const sockaddr_in target = inet_address(address, port);
  ::connect(attempt.socket.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target);
  if (!ready(attempt.socket, POLLOUT, wait_ms)) return attempt;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(attempt.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  attempt.meeting = error == 0 ? Meeting::kConnected : Meeting::kRefused;
  return attempt;
}

Attempt connect_in_vain(const std::string& netns, const std::string& address, std::uint16_t port) {
  return connect_tcp(netns, address, port, kSilenceMs);
}

UniqueFd bind_udp(const std::string& netns, const std::string& address, std::uint16_t port) {
  UniqueFd socket = open_socket(netns, AF_INET, SOCK_DGRAM);
  const sockaddr_in own = inet_address(address, port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0)
    throw_errno("bind");
  return socket;
}

UniqueFd open_raw(const std::string& netns, int protocol) {
  return open_socket(netns, AF_INET, SOCK_RAW, protocol);
}

void send_udp(const UniqueFd& socket, const std::string& address, std::uint16_t port,
              const std::string& text) {
  const sockaddr_in target = inet_address(address, port);
  if (::sendto(socket.get(), text.data(), text.size(), 0,
               reinterpret_cast<const sockaddr*>(&target), sizeof target) < 0)
    throw_errno("sendto");
}

void say(const UniqueFd& socket, const std::string& text) {
  if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) throw_errno("send");
}

std::string hear(const UniqueFd& socket, int wait_ms) {
  if (!ready(socket, POLLIN, wait_ms)) return {};
  char buffer[2048];
  const ssize_t size = ::recv(socket.get(), buffer, sizeof buffer, 0);
  return size <= 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
}

Datagram hear_from(const UniqueFd& socket, int wait_ms) {
  if (!ready(socket, POLLIN, wait_ms)) return {};
  char buffer[2048];
  sockaddr_in peer{};
  socklen_t peer_size = sizeof peer;
  const ssize_t size = ::recvfrom(socket.get(), buffer, sizeof buffer, 0,
                                  reinterpret_cast<sockaddr*>(&peer), &peer_size);
  if (size < 0) return {};
  char text[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text);
  return {text, ntohs(peer.sin_port), std::string(buffer, static_cast<std::size_t>(size))};
}

bool reset_came(const UniqueFd& socket, int wait_ms) {
  char buffer[64];
  return ready(socket, POLLIN, wait_ms) && ::recv(socket.get(), buffer, sizeof buffer, 0) < 0 &&
         errno == ECONNRESET;
}

UniqueFd open_frames(const std::string& netns, const std::string& device) {
  UniqueFd socket;
  netns::Namespace::open(netns).run([&] {
    socket.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)));
    if (!socket) throw_errno("packet socket");
    sockaddr_ll own{};
    own.sll_family = AF_PACKET;
    own.sll_protocol = htons(ETH_P_ALL);
    own.sll_ifindex = static_cast<int>(::if_nametoindex(device.c_str()));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0)
      throw_errno("bind packet socket");
  });
  return socket;
}

void send_frame(const UniqueFd& socket, const std::vector<std::uint8_t>& frame) {
  if (::send(socket.get(), frame.data(), frame.size(), 0) < 0) throw_errno("send frame");
}

std::vector<std::uint8_t> arp_request(const Forgery& forgery) {
  std::vector<std::uint8_t> frame;
  append_mac(frame, "ff:ff:ff:ff:ff:ff");
  append_mac(frame, forgery.source_mac);
  append(frame, {0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1});
  append_mac(frame, forgery.source_mac);
  append_address(frame, forgery.source);
  append_mac(frame, "00:00:00:00:00:00");
  append_address(frame, forgery.target);
  return frame;
}

std::vector<std::uint8_t> udp_frame(const Forgery& forgery) {
  const std::string payload = "forged";
  std::vector<std::uint8_t> frame;
  append_mac(frame, forgery.target_mac);
  append_mac(frame, forgery.source_mac);
  append(frame, {0x08, 0x00});
  append(frame, {0x45, 0, 0, static_cast<int>(28 + payload.size()), 0, 1, 0, 0, 64, 17, 0, 0});
  append_address(frame, forgery.source);
  append_address(frame, forgery.target);
  put_checksum(frame, 14, 34, 24);
  append(frame, {0x27, 0x0f, 0x27, 0x0f, 0, static_cast<int>(8 + payload.size()), 0, 0});
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

}  // namespace enibox::test
