#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "emulator/undo.hpp"
#include "emulator/vpc/background.hpp"
#include "emulator/vpc/flow_reading.hpp"
#include "emulator/vpc/network.hpp"
#include "emulator/vpc/remains.hpp"
#include "emulator/vpc/route_tables.hpp"
#include "emulator/vpc/ruleset.hpp"
#include "netns/address.hpp"
#include "netns/link.hpp"
#include "netns/namespace.hpp"
#include "netns/nftables.hpp"
#include "netns/route_socket.hpp"
#include "netns/set_reader.hpp"

namespace enibox::vpc {

// The MAC of every router end, so that the gateway looks the same from everywhere.
inline constexpr const char* kRouterMac = "0e:00:00:00:00:01";
// The lifetime of an instance's address, as a VPC's DHCP server gives it.
inline constexpr std::uint32_t kLeaseSeconds = 3600;

// What hangs on a router besides ENIs: an internet gateway, the other router of a peering. No
// groups judge what comes and goes through it.
struct Portal {
  std::string id;            // "igw-...", "pcx-..."
  std::string mac;           // of the other end
  int number = 0;            // given by admit_portal; also the index of the router's device
  std::string address = {};  // given by admit_portal; of the other end, as the next hop of routes
};
// "igw-" or "pcx-" and the last eleven digits, as router_end_name().
std::string portal_device_name(const std::string& id);

struct RouterContext {
  std::function<void(const std::string& step)> before_step;
  Background& background;
  int service_packets_per_second = kServicePacketsPerSecond;
};

// One VPC's router: a namespace that holds the other end of every ENI and only routes and filters.
// An ENI has a number, which is the index of its router end. Used by one thread; calls throw
// std::system_error and leave the kernel as it was.
class Router {
 public:
  struct Place {
    std::string path;    // of the namespace
    bool adopt = false;  // take over the one that is there
    bool held = false;   // as after hold_filters(): adopted filters stay until they are released
  };
  Router(RouterContext context, Place place, const VpcSpec& vpc);
  ~Router();

  void update(const VpcSpec& vpc);
  void put_group(const GroupSpec& group);
  void remove_group(const std::string& group_id);
  void put_prefix_list(const PrefixListSpec& list);
  void remove_prefix_list(const std::string& prefix_list_id);
  void put_acl(const NetworkAclSpec& acl);
  void remove_acl(const std::string& acl_id);
  // The private addresses of the ENIs here that carry the group.
  std::set<std::string> members(const std::string& group_id) const {
    return ruleset_.members(group_id);
  }
  // Asks for the members of the groups of other VPCs that rules here name.
  void refresh_foreign_members(
      const std::function<std::set<std::string>(const std::string& group_id)>& members_of);
  // From here on changes are only noted; until they are released together the filters stay as they
  // are (closed, in a new router).
  void hold_filters() { held_ = true; }
  void release_filters();
  void put_eni(const EniSpec& eni);
  // False: not known.
  bool remove_eni(const std::string& eni_id);
  // Replaces the routes of a subnet.
  void put_routes(const SubnetRoutesSpec& routes);

  // A portal comes in three steps, since its device has an end elsewhere: admitted (its number and
  // filters), the caller makes the device with that number as index and kRouterMac, opened (its
  // routes). Closing takes everything away, whatever of it is there.
  const Portal& admit_portal(const std::string& id, const std::string& mac);
  void open_portal(const std::string& id);
  void close_portal(const std::string& id);
  const netns::Namespace& place() const { return namespace_; }
  netns::RouteSocket& links() { return links_; }

  netns::UniqueFd open_service(const LocalService& service);
  void close_service(const LocalService& service);
  void renew_leases();
  void forget_unclaimed();
  // Counts flows from now on, or no longer.
  void count_flows(bool on);
  // Ends a stretch of counting and begins the next. Throws while no flows are counted.
  FlowStretch end_flow_stretch();
  // Ends the namespace and everything in it.
  void destroy();

  const VpcSpec& vpc() const { return vpc_; }

 private:
  struct Eni {
    EniSpec spec;
    int number = 0;  // also the index of the router end
  };

  void step(const std::string& name) const {
    if (context_.before_step) context_.before_step(name);
  }
  // A change of the filters: applied to model and kernel, or to neither.
  using Change = std::function<Commands(Ruleset&)>;
  void filter(const std::string& what, const Change& change, const Change& opposite);
  void apply_all(const std::string& what);
  void apply(const Commands& commands, const std::string& what);
  void unfilter(int number);

  void configure(bool keep_filters);
  // The router's own addresses: base+1 of each subnet, and those of its services.
  std::set<std::string> own_addresses(const VpcSpec& vpc) const;
  void put_addresses(const std::set<std::string>& wanted);
  void attach(const EniSpec& eni);
  void detach(const Eni& eni);
  // Addresses that are nobody's now: their flows end.
  void release(const Remains::Dead& dead);
  void bury(const Remains::Dead& dead);
  bool adopt_link(const EniSpec& eni);
  bool is_alive(const Eni& eni);
  int next_number();
  int subnet_number(const std::string& subnet_cidr);
  FilteredEni filtered(const EniSpec& eni, int number);
  // What makes the address an ENI's: its route and its neighbour entry.
  void announce(const EniSpec& eni, int number, const std::string& what);
  void route_secondaries(const EniSpec& before, const EniSpec& after, int number);
  void change(Eni& entry, const EniSpec& eni);
  void wait_until_free(const std::vector<std::string>& addresses);
  void clear_the_way(const EniSpec& eni, netns::RouteSocket& target);
  std::optional<NextHop> next_hop(const std::string& target) const;
  void render_routes(const SubnetRoutesSpec& routes);
  // Where a target has come or gone: the tables that name it.
  void reroute(const std::string& target);

  RouterContext context_;
  std::string path_;
  VpcSpec vpc_;
  netns::Namespace namespace_;
  netns::RouteSocket links_;
  netns::Nftables filters_;
  std::shared_ptr<Remains> remains_;
  std::set<std::string, std::less<>> released_;  // addresses whose flows are being forgotten
  Ruleset ruleset_;
  std::set<LocalService> services_;
  bool held_ = false;
  bool behind_ = false;  // the kernel's filters are not the model's: the next change applies all
  std::map<std::string, int, std::less<>> subnet_numbers_;  // from 1 on, never given twice
  std::map<std::string, Eni, std::less<>> enis_;
  std::map<std::string, Portal, std::less<>> portals_;
  std::set<std::string, std::less<>> open_portals_;
  RouteTables tables_;
  std::map<std::string, SubnetRoutesSpec, std::less<>> routes_;  // by subnet
  std::vector<CountedEni> departed_;                             // in this stretch of counting
  std::shared_ptr<netns::SetReader> counters_;                   // while flows are counted
  std::map<int, netns::Link> unclaimed_;                         // adopted, by index, not put yet
  // An ENI's number is the index of its end in the router. Numbers begin above the indexes of a
  // task's own links: `ip` there takes the peer's index for one of them (eth0@ecs-eth0).
  static constexpr int kFirstNumber = 100;
  int last_number_ = kFirstNumber - 1;
};

}  // namespace enibox::vpc
