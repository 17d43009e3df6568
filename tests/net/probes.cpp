#include "tests/net/probes.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>

#include "netns/namespace.hpp"

namespace enibox::test {
namespace {

using netns::UniqueFd;

constexpr int kSilence_ms = 150;
constexpr int kDeadline_ms = 10'000;
constexpr std::size_t kAtOnce = 32;  // what buffers surely hold
constexpr int kBuffer_bytes = 1 << 20;
constexpr std::uint8_t kSyn = 0x02, kAck = 0x10;
constexpr std::uint8_t kEchoRequest = 8, kEchoReply = 0;

UniqueFd open_socket(const std::string& netns, int type, int protocol) {
  UniqueFd socket;
  netns::Namespace::open(netns).run([&] {
    socket.reset(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!socket) netns::throw_errno("socket");
  });
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kBuffer_bytes, sizeof kBuffer_bytes);
  return socket;
}

void bind_any(const UniqueFd& socket, std::uint16_t port) {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
    netns::throw_errno("bind");
}

using Bytes = std::vector<std::uint8_t>;

void append16(Bytes& bytes, std::uint16_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
}

std::uint16_t read16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

std::uint16_t checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += read16(&bytes[i]);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void put_checksum(Bytes& packet, std::size_t at, const Bytes& prefix = {}) {
  Bytes covered = prefix;
  covered.insert(covered.end(), packet.begin(), packet.end());
  const auto sum = checksum(covered);
  packet[at] = static_cast<std::uint8_t>(sum >> 8);
  packet[at + 1] = static_cast<std::uint8_t>(sum & 0xff);
}

in_addr address(const std::string& text) {
  in_addr raw{};
  if (::inet_pton(AF_INET, text.c_str(), &raw) != 1) netns::throw_errno("address " + text);
  return raw;
}

Bytes syn_packet(const std::string& from, const Probe& probe) {
  Bytes packet;
  append16(packet, probe.number);
  append16(packet, probe.port);
  for (const int word : {0, int{probe.number}, 0, 0})  // sequence, acknowledgement
    append16(packet, static_cast<std::uint16_t>(word));
  packet.insert(packet.end(), {0x50, kSyn, 0xff, 0xff, 0, 0, 0, 0});
  Bytes pseudo;
  for (const auto& each : {address(from), address(probe.to)}) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&each);
    pseudo.insert(pseudo.end(), bytes, bytes + 4);
  }
  append16(pseudo, IPPROTO_TCP);
  append16(pseudo, static_cast<std::uint16_t>(packet.size()));
  put_checksum(packet, 16, pseudo);
  return packet;
}

Bytes udp_packet(const Probe& probe) {
  Bytes packet;
  append16(packet, probe.number);
  append16(packet, probe.port);
  append16(packet, 8 + 2);
  append16(packet, 0);  // no checksum
  append16(packet, probe.number);
  return packet;
}

// A NAT gateway may change the id: the sequence number stays.
Bytes echo_request(const Probe& probe) {
  Bytes packet = {kEchoRequest, 0, 0, 0};
  append16(packet, probe.number);
  append16(packet, probe.number);
  put_checksum(packet, 2);
  return packet;
}

}  // namespace

Prober::Prober(std::vector<ProbeHost> hosts, const std::vector<std::uint16_t>& ports)
    : probe_of_(65536) {
  for (auto& place : hosts) {
    Host host;
    host.place = std::move(place);
    host.tcp = open_socket(host.place.netns, SOCK_RAW, IPPROTO_TCP);
    host.udp = open_socket(host.place.netns, SOCK_RAW, IPPROTO_UDP);
    host.icmp = open_socket(host.place.netns, SOCK_RAW, IPPROTO_ICMP);
    for (const auto port : ports) {
      host.listeners.push_back(open_socket(host.place.netns, SOCK_STREAM, 0));
      bind_any(host.listeners.back(), port);
      if (::listen(host.listeners.back().get(), 4096) != 0) netns::throw_errno("listen");
      host.echoes.push_back(open_socket(host.place.netns, SOCK_DGRAM, 0));
      bind_any(host.echoes.back(), port);
    }
    hosts_.push_back(std::move(host));
  }
}

std::vector<Sighting> Prober::send(
    const std::vector<Probe>& probes,
    const std::function<bool(const std::vector<Sighting>&)>& all_came) {
  probes_ = &probes;
  seen_.assign(probes.size(), {});
  std::fill(probe_of_.begin(), probe_of_.end(), 0);
  for (std::size_t i = 0; i < probes.size(); ++i) {
    probe_of_[probes[i].number] = i + 1;
    send_one(probes[i]);
    if (i % kAtOnce == kAtOnce - 1)
      while (take_in(0)) {
      }
  }
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(kDeadline_ms);
  while (Clock::now() < deadline) {
    const bool news = take_in(kSilence_ms);
    if (!news && all_came(seen_)) break;
  }
  return seen_;
}

void Prober::send_one(const Probe& probe) {
  const Host& host = hosts_[probe.from];
  const auto send = [&](const UniqueFd& socket, const Bytes& packet) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr = address(probe.to);
    if (::sendto(socket.get(), packet.data(), packet.size(), 0,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
      netns::throw_errno("send from " + host.place.address + " to " + probe.to);
  };
  switch (probe.protocol) {
    case IPPROTO_TCP:
      return send(host.tcp, syn_packet(host.place.address, probe));
    case IPPROTO_UDP:
      return send(host.udp, udp_packet(probe));
    default:
      return send(host.icmp, echo_request(probe));
  }
}

// Reads what there is, or waits for it. False: nothing that belongs to a probe came.
bool Prober::take_in(int wait_ms) {
  std::vector<pollfd> entries;
  std::vector<std::size_t> owner;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    for (const auto* socket : {&hosts_[i].tcp, &hosts_[i].udp, &hosts_[i].icmp}) {
      entries.push_back({socket->get(), POLLIN, 0});
      owner.push_back(i);
    }
    for (const auto& socket : hosts_[i].echoes) {
      entries.push_back({socket.get(), POLLIN, 0});
      owner.push_back(hosts_.size());
    }
  }
  if (::poll(entries.data(), entries.size(), wait_ms) <= 0) return false;
  bool news = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].revents == 0) continue;
    if (owner[i] < hosts_.size()) {
      news = read_raw(owner[i], entries[i].fd) || news;
      continue;
    }
    std::array<std::uint8_t, 64> buffer{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    ssize_t length = 0;
    while ((length = ::recvfrom(entries[i].fd, buffer.data(), buffer.size(), 0,
                                reinterpret_cast<sockaddr*>(&from), &size)) > 0)
      ::sendto(entries[i].fd, buffer.data(), static_cast<std::size_t>(length), 0,
               reinterpret_cast<const sockaddr*>(&from), size);
  }
  return news;
}

bool Prober::read_raw(std::size_t host, int fd) {
  bool news = false;
  std::array<std::uint8_t, 256> buffer{};
  for (ssize_t length = 0; (length = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
    const auto size = static_cast<std::size_t>(length);
    const std::size_t header = static_cast<std::size_t>(buffer[0] & 0x0f) * 4;
    if (size < header + 8) continue;
    const std::uint8_t* data = &buffer[header];
    const int protocol = buffer[9];
    in_addr source_address{};
    std::memcpy(&source_address, &buffer[12], sizeof source_address);
    const Seen seen{host, protocol, ::inet_ntoa(source_address)};
    if (protocol == IPPROTO_ICMP) {
      if (data[0] == kEchoRequest || data[0] == kEchoReply)
        news = note(seen, read16(data + 6), data[0] == kEchoReply) || news;
      continue;
    }
    const auto source = read16(data), destination = read16(data + 2);
    if (protocol == IPPROTO_UDP) {
      news = note(seen, source, false) || note(seen, destination, true) || news;
    } else if (size >= header + 20 && (data[13] & kSyn) != 0) {
      const bool answer = (data[13] & kAck) != 0;
      news = note(seen, answer ? destination : source, answer) || news;
    }
  }
  return news;
}

bool Prober::note(const Seen& seen, std::uint16_t number, bool answer) {
  const auto place = probe_of_[number];
  if (place == 0) return false;
  const Probe& probe = (*probes_)[place - 1];
  const bool home = seen.host == probe.from;
  if (probe.protocol != seen.protocol || home != answer) return false;
  if (answer && seen.from != probe.to) return false;  // answered from another address: lost
  Sighting& sighting = seen_[place - 1];
  if (answer)
    sighting.answered = true;
  else
    sighting.at.insert(seen.host);
  return true;
}

}  // namespace enibox::test
