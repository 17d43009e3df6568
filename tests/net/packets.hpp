#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "netns/handle.hpp"

// Real packets from inside namespaces. Sockets stay where they were opened and are used by the
// test's own thread.
namespace enibox::test {

// What a TCP client meets: an answer of the peer, a refusal (RST or ICMP), or nothing at all.
enum class Meeting { kConnected, kRefused, kNothing };
std::ostream& operator<<(std::ostream& out, Meeting meeting);

// Long for a packet that is on its way, short for a test that waits for one that must not come.
inline constexpr int kPatienceMs = 2000;
inline constexpr int kSilenceMs = 200;

netns::UniqueFd listen_tcp(const std::string& netns, std::uint16_t port);
netns::UniqueFd accept_tcp(const netns::UniqueFd& listener);
// A connected socket, or what was met instead.
struct Attempt {
  Meeting meeting = Meeting::kNothing;
  netns::UniqueFd socket;
};
Attempt connect_tcp(const std::string& netns, const std::string& address, std::uint16_t port,
                    int wait_ms = kPatienceMs);
// Nobody answers, not even with a refusal.
Attempt connect_in_vain(const std::string& netns, const std::string& address, std::uint16_t port);

netns::UniqueFd bind_udp(const std::string& netns, const std::string& address, std::uint16_t port);
// A socket for datagrams of any IP protocol; what is heard begins with the IP header.
netns::UniqueFd open_raw(const std::string& netns, int protocol);
// Also on a raw socket, where the port says nothing.
void send_udp(const netns::UniqueFd& socket, const std::string& address, std::uint16_t port,
              const std::string& text);

// Sends on a connected stream.
void say(const netns::UniqueFd& socket, const std::string& text);
// What arrives within the time; empty: nothing.
std::string hear(const netns::UniqueFd& socket, int wait_ms = kPatienceMs);

// A datagram and where it came from; empty: nothing within the time.
struct Datagram {
  std::string from;
  std::uint16_t port = 0;
  std::string text;
};
Datagram hear_from(const netns::UniqueFd& socket, int wait_ms = kPatienceMs);
// Whether the connected stream is reset within the time.
bool reset_came(const netns::UniqueFd& socket, int wait_ms = kPatienceMs);

// A raw frame socket on a device: for forgeries, and to see what arrives.
netns::UniqueFd open_frames(const std::string& netns, const std::string& device);
void send_frame(const netns::UniqueFd& socket, const std::vector<std::uint8_t>& frame);

struct Forgery {
  std::string source_mac;
  std::string source;
  std::string target_mac;
  std::string target;
};
// An ARP request that claims `source` is at `source_mac`.
std::vector<std::uint8_t> arp_request(const Forgery& forgery);
// An IPv4 UDP datagram to port 9999.
std::vector<std::uint8_t> udp_frame(const Forgery& forgery);

}  // namespace enibox::test
