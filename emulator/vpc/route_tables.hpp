#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/vpc/network.hpp"
#include "netns/route.hpp"
#include "netns/route_socket.hpp"

// The route tables of a VPC's router. A packet's mark carries the number of its sender's subnet; a
// rule (`ip rule fwmark`) sends it to that subnet's table, where the longest prefix wins. `throw`
// stands for the local route and leads on to the main table, which has every ENI.
namespace enibox::vpc {

// Where a target is, seen from the router.
struct NextHop {
  std::string gateway;
  int link_index = 0;
};
using FindNextHop = std::function<std::optional<NextHop>(const std::string& target)>;

inline constexpr std::uint32_t kFirstSubnetTable = 1000;

struct SubnetTable {
  int subnet_number = 0;
  SubnetRoutesSpec spec;
  std::vector<std::string> vpc_cidrs;
};
// The table as the kernel should hold it, by destination; empty when the main table says the same.
// A subnet's own block is always local: its interfaces are neighbours. Throws std::system_error
// (Invalid argument) for a destination that is no block. Pure.
std::vector<netns::Route> render_table(const SubnetTable& table, const FindNextHop& find);

// What the kernel holds of it. Used by one thread.
class RouteTables {
 public:
  explicit RouteTables(netns::RouteSocket& links) : links_(links) {}

  // Brings a subnet's table to `routes`: all of it, or nothing when it throws.
  void put(int subnet_number, const std::vector<netns::Route>& routes);
  // Removes what a former life left: it numbered its subnets in another order.
  void clear();

 private:
  using Table = std::map<std::string, netns::Route>;  // by destination
  void change(Table& installed, const std::vector<netns::Route>& wanted);

  netns::RouteSocket& links_;
  std::map<int, Table> installed_;
};

}  // namespace enibox::vpc
