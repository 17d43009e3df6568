#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "emulator/vpc/background.hpp"
#include "emulator/vpc/edges.hpp"
#include "emulator/vpc/flow_reading.hpp"
#include "emulator/vpc/network.hpp"
#include "emulator/vpc/router.hpp"

namespace enibox::vpc {

struct DataPathOptions {
  // A private directory that exists, for the routers' namespace files; never /run/netns.
  std::string netns_directory;
  // Take over the routers found there (after a restart of the daemon): their links stay where they
  // match what is put, their filters are rebuilt from what is put, closed until then.
  bool adopt = false;
  // What one ENI may send to the routers' own services.
  int service_packets_per_second = kServicePacketsPerSecond;
  // Called before each step of a build-up with its name; what it throws fails the step. For tests.
  std::function<void(const std::string& step)> before_step = {};
};

// The kernel side of every VPC, synchronous. Lives on the network worker; all calls on one thread.
// Each call leaves the kernel as it was when it throws, and is idempotent. See Network for what
// each does.
class DataPath {
 public:
  explicit DataPath(DataPathOptions options);
  ~DataPath();

  void put_vpc(const VpcSpec& vpc);
  void remove_vpc(const std::string& vpc_id);
  void put_group(const GroupSpec& group);
  void remove_group(const std::string& group_id);
  void put_prefix_list(const PrefixListSpec& list);
  void remove_prefix_list(const std::string& prefix_list_id);
  void put_acl(const NetworkAclSpec& acl);
  void remove_acl(const std::string& acl_id);
  void hold_filters();
  void release_filters();
  // The VPCs whose groups the rules of `vpc_id` may name: they count the members there.
  void set_peers(const std::string& vpc_id, const std::set<std::string>& peer_vpc_ids);
  void put_eni(const EniSpec& eni);
  void remove_eni(const std::string& eni_id);
  void put_subnet_routes(const SubnetRoutesSpec& routes);
  void put_gateway(const GatewaySpec& gateway) { edges_.put_gateway(gateway); }
  void remove_gateway(const std::string& id) { edges_.remove_gateway(id); }
  void put_public_address(const PublicAddressSpec& address) { edges_.put_public_address(address); }
  void remove_public_address(const std::string& address) { edges_.remove_public_address(address); }
  void put_nat_gateway(const NatGatewaySpec& nat) { edges_.put_nat_gateway(nat); }
  void remove_nat_gateway(const std::string& id) { edges_.remove_nat_gateway(id); }
  // Also lets the rules of either VPC name the other's groups, as long as it lasts.
  void put_peering(const PeeringSpec& peering);
  void remove_peering(const std::string& id);
  // The internet's sockets, opened anew: whoever had them before has ended.
  InternetSockets open_internet() { return edges_.open_internet(); }
  netns::UniqueFd open_service(const LocalService& service);
  void close_service(const LocalService& service);
  void prepare_instance(const std::string& netns_path);
  void put_task_bridge(const TaskBridgeSpec& bridge);
  void count_flows(const std::string& vpc_id, bool on);
  FlowStretch end_flow_stretch(const std::string& vpc_id);

  // Renews the lifetimes of the addresses that look like DHCP's; well before kLeaseSeconds pass.
  void renew_leases();
  // After a recovery: ends the adopted routers and links that nobody has put again.
  void forget_unclaimed();
  // Waits for deletions still under way (nobody else needs to).
  void settle() { background_.wait_idle(); }

 private:
  Router& router(const std::string& vpc_id);
  void refresh_foreign_members();
  void refresh_peers();
  // All of them, also after one has failed; throws what the first threw.
  void each_router(const std::function<void(Router&)>& work);
  std::string router_path(const std::string& vpc_id) const;

  DataPathOptions options_;
  Background background_;
  std::map<std::string, std::unique_ptr<Router>, std::less<>> routers_;
  Edges edges_;
  std::map<std::string, std::string, std::less<>> vpc_of_eni_;
  std::map<std::string, std::string, std::less<>> vpc_of_group_;
  std::map<std::string, std::string, std::less<>> vpc_of_acl_;
  std::map<std::string, std::set<std::string>, std::less<>> peers_;
  std::map<std::string, PrefixListSpec> prefix_lists_;  // of every VPC
  bool held_ = false;
};

}  // namespace enibox::vpc
