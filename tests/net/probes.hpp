#pragma once
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "netns/handle.hpp"

// Very many packets at once between namespaces, and a record of where each one came out: what is
// refused is silence, which nobody has time to wait for a thousand times.
namespace enibox::test {

struct ProbeHost {
  std::string netns, address;
};

struct Probe {
  std::size_t from = 0;  // which host
  std::string to;        // an address, perhaps a translated one
  int protocol = 6;      // TCP: a SYN; UDP: a datagram; ICMP: an echo request
  std::uint16_t port = 0;
  std::uint16_t number = 0;  // its source port or ICMP id; no other probe has it, and no listener
};

struct Sighting {
  std::set<std::size_t> at;  // the hosts it came out at
  bool answered = false;     // an answer came back to where it was sent
};

class Prober {
 public:
  // Listens on the TCP and UDP ports of every host, and answers.
  Prober(std::vector<ProbeHost> hosts, const std::vector<std::uint16_t>& ports);

  // Sends all of them; gives what was seen when everything expected has come and silence has
  // followed, or has not come in ten seconds.
  std::vector<Sighting> send(const std::vector<Probe>& probes,
                             const std::function<bool(const std::vector<Sighting>&)>& all_came);

 private:
  struct Host {
    ProbeHost place;
    netns::UniqueFd tcp, udp, icmp;  // raw
    std::vector<netns::UniqueFd> listeners, echoes;
  };
  void send_one(const Probe& probe);
  bool take_in(int wait_ms);
  bool read_raw(std::size_t host, int fd);
  struct Seen {
    std::size_t host = 0;
    int protocol = 0;
    std::string from;
  };
  bool note(const Seen& seen, std::uint16_t number, bool answer);

  std::vector<Host> hosts_;
  std::vector<std::size_t> probe_of_;  // by number; 0: none, else its place and one
  const std::vector<Probe>* probes_ = nullptr;
  std::vector<Sighting> seen_;
};

}  // namespace enibox::test
