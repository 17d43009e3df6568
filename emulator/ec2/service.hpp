#pragma once
#include <memory>
#include <string>

#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/ec2/ec2.hpp"
#include "emulator/ec2/state.hpp"
#include "emulator/reachability/question.hpp"
#include "emulator/tagging/tagged_resource.hpp"

// EC2 itself: the table of operations for the wire, and the verbs for the other services.
//
//   ec2::Ec2Service ec2(db, clock, network, account_id);
//   ec2.listen({.instance_changed = ..., .eni_changed = ...});
//   dispatcher.add(ec2.operations());
//   ec2.sync_network();   // at start-up, before the first interface is put
//
// Loop thread only.
namespace enibox::ec2 {

class Ec2Service final : public Ec2 {
 public:
  // The database is migrated. References outlive the service.
  Ec2Service(store::Database& db, const Clock& clock, vpc::Network& network,
             std::string account_id);
  ~Ec2Service() override;

  void listen(Hooks hooks);
  void take_any_image();  // see Ec2State::any_image
  api::Service operations();
  // What has tags, for the Resource Groups Tagging API.
  std::vector<TaggedResource> tagged(const api::RequestContext& request);
  // Tells the network every VPC and group there is.
  void sync_network();
  // Tells it that there is none of them any more; the rows stay.
  void clear_network();

  // ec2/topology.hpp
  Json topology();
  // Whether one place reaches another: reachability/question.hpp
  reachability::Answer why(const reachability::Question& question);

  Subnet subnet(const std::string& region, const std::string& subnet_id) override;
  Subnet any_subnet(const std::string& vpc_id) override;
  std::string region_of_subnet(const std::string& subnet_id) override;
  std::string group_vpc(const std::string& region, const std::string& group_id) override;
  std::string default_group(const std::string& region, const std::string& vpc_id) override;
  NetworkInterface create_network_interface(const NewNetworkInterface& wanted) override;
  NetworkInterface network_interface(const std::string& eni_id) override;
  void attach(const std::string& eni_id, const std::string& instance_id) override;
  void detach(const std::string& eni_id) override;
  void delete_network_interface(const std::string& eni_id) override;
  std::vector<NetworkInterface> requested_by(const std::string& requester_id) override;
  std::vector<NetworkInterface> attached(const std::string& instance_id) override;
  std::vector<NetworkInterface> all_attached() override;
  Instance instance(const std::string& instance_id) override;
  std::vector<Instance> instances_in_state(const std::string& state) override;
  void set_instance_state(const std::string& instance_id, const std::string& state,
                          const std::string& reason) override;
  InstanceType instance_type(const std::string& name) override;
  // For who keeps flow logs: every one of them, the VPC of what one watches (empty: it is gone),
  // an interface's row, and the routes of a subnet with the local ones.
  std::vector<FlowLogRow> flow_logs();
  std::string flow_log_vpc(const std::string& resource_id);
  std::optional<EniRow> find_interface(const std::string& eni_id);
  std::vector<RouteRow> routes_of(const std::string& subnet_id);

  std::optional<VpcDns> vpc_dns(const std::string& vpc_id) override;
  std::optional<PublicAddress> public_address(const std::string& address) override;
  std::optional<std::string> resource_name_address(const std::string& vpc_id,
                                                   const std::string& instance_id) override;

 private:
  std::unique_ptr<Ec2State> state_;
};

}  // namespace enibox::ec2
