#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>

#include "emulator/job_queue.hpp"
#include "emulator/vpc/data_path.hpp"
#include "emulator/vpc/flow_counting.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::vpc {

// The Network of the real kernel: one worker thread that does strictly in order what it is told.
// Made and used on the loop thread, in the namespaces of the box; needs CAP_NET_ADMIN and
// CAP_SYS_ADMIN in its user namespace. When it is destroyed the routers stay (the box ends them):
// calls not yet begun are dropped and their `done` is not called.
class LinuxNetwork final : public Network, public FlowCounting {
 public:
  LinuxNetwork(boost::asio::io_context& loop, DataPathOptions options);
  ~LinuxNetwork() override;

  void put_vpc(VpcSpec vpc, Done<Nothing> done) override;
  void remove_vpc(std::string vpc_id, Done<Nothing> done) override;
  void put_group(GroupSpec group, Done<Nothing> done) override;
  void remove_group(std::string group_id, Done<Nothing> done) override;
  void put_prefix_list(PrefixListSpec list, Done<Nothing> done) override;
  void remove_prefix_list(std::string prefix_list_id, Done<Nothing> done) override;
  void put_acl(NetworkAclSpec acl, Done<Nothing> done) override;
  void remove_acl(std::string acl_id, Done<Nothing> done) override;
  void hold_filters() override;
  void release_filters(Done<Nothing> done) override;
  void put_eni(EniSpec eni, Done<Nothing> done) override;
  void remove_eni(std::string eni_id, Done<Nothing> done) override;
  void put_subnet_routes(SubnetRoutesSpec routes, Done<Nothing> done) override;
  void put_gateway(GatewaySpec gateway, Done<Nothing> done) override;
  void remove_gateway(std::string gateway_id, Done<Nothing> done) override;
  void put_public_address(PublicAddressSpec address, Done<Nothing> done) override;
  void remove_public_address(std::string address, Done<Nothing> done) override;
  void put_nat_gateway(NatGatewaySpec nat, Done<Nothing> done) override;
  void remove_nat_gateway(std::string nat_gateway_id, Done<Nothing> done) override;
  void put_peering(PeeringSpec peering, Done<Nothing> done) override;
  void remove_peering(std::string peering_id, Done<Nothing> done) override;
  void make_namespace(std::string path, Done<Nothing> done) override;
  void remove_namespace(std::string path, Done<Nothing> done) override;
  void prepare_instance(std::string netns_path, Done<Nothing> done) override;
  void put_task_bridge(TaskBridgeSpec bridge, Done<Nothing> done) override;
  void open_service(LocalService service, Done<netns::UniqueFd> done) override;
  void close_service(LocalService service, Done<Nothing> done) override;
  void count_flows(std::string vpc_id, bool on, Done<Nothing> done) override;
  void end_flow_stretch(std::string vpc_id, Done<FlowStretch> done) override;
  std::uint64_t generation() const override { return generation_; }
  void when_passed(std::uint64_t generation, std::function<void()> go) override;

  // The sockets of the internet's server, opened anew.
  void open_internet(Done<InternetSockets> done);

  // After a recovery's last put: ends what was adopted and not put again.
  void forget_unclaimed(Done<Nothing> done);

 private:
  using Work = std::function<void(DataPath&)>;
  void enqueue(Work work, Done<Nothing> done);
  template <typename T>
  void enqueue_for(std::function<T(DataPath&)> work, Done<T> done);
  void passed(std::uint64_t generation);
  void schedule_renewal();

  std::shared_ptr<DataPath> data_path_;
  std::uint64_t generation_ = 0;
  std::uint64_t passed_ = 0;
  std::multimap<std::uint64_t, std::function<void()>> waiting_;
  boost::asio::steady_timer renewal_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come too late
  JobQueue worker_;  // last: its thread ends before what it uses
};

}  // namespace enibox::vpc
