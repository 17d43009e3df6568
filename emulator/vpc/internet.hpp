#pragma once
#include <map>
#include <string>
#include <vector>

#include "emulator/vpc/eni_device.hpp"
#include "netns/handle.hpp"
#include "netns/namespace.hpp"
#include "netns/route_socket.hpp"

namespace enibox::vpc {

// The one address of the internet that answers: HTTP on port 80, echo on 7. RFC 5737, TEST-NET-1.
inline constexpr const char* kInternetServer = "192.0.2.1";
// Its namespace's file, in the directory of the routers'.
inline constexpr const char* kInternetName = "internet";
// The path MTU of the internet.
inline constexpr int kInternetMtu = 1500;

// Sockets in the internet, for whoever serves them.
struct InternetSockets {
  netns::UniqueFd http;      // TCP 80, listening
  netns::UniqueFd echo;      // TCP 7, listening
  netns::UniqueFd echo_udp;  // UDP 7
};

// A namespace that plays the internet: every internet gateway hangs on it, every public address in
// use is a route to its gateway. What nobody has is answered by nobody. Used by one thread; calls
// throw std::system_error.
class Internet {
 public:
  // Makes the namespace at `path`, or goes on with the one that is there when `adopt`.
  Internet(const StepName& step, std::string path, bool adopt);

  // Hangs a gateway's namespace on it: gives it the device "internet", and both ends their routes
  // and neighbours.
  void connect(const std::string& gateway_id, const netns::Namespace& gateway,
               netns::RouteSocket& gateway_links);
  void disconnect(const std::string& gateway_id);
  // Where the internet finds a public address.
  void put_address(const std::string& address, const std::string& gateway_id);
  void remove_address(const std::string& address);

  InternetSockets open_sockets() const;
  const netns::Namespace& place() const { return namespace_; }

 private:
  void configure();

  const StepName& step_;
  std::string path_;
  netns::Namespace namespace_;
  netns::RouteSocket links_;
  std::map<std::string, int, std::less<>> gateways_;  // the index of its device here
};

}  // namespace enibox::vpc
