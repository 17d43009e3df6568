#pragma once
#include <functional>
#include <string>

#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/ec2/eni_rows.hpp"
#include "emulator/ec2/errors.hpp"
#include "emulator/ec2/extra_rows.hpp"
#include "emulator/ec2/group_rows.hpp"
#include "emulator/ec2/image_rows.hpp"
#include "emulator/ec2/insights_rows.hpp"
#include "emulator/ec2/instance_rows.hpp"
#include "emulator/ec2/ipv6_rows.hpp"
#include "emulator/ec2/launch_rows.hpp"
#include "emulator/ec2/network_acl_rows.hpp"
#include "emulator/ec2/peering_rows.hpp"
#include "emulator/ec2/prefix_list_rows.hpp"
#include "emulator/ec2/public_address_rows.hpp"
#include "emulator/ec2/region_rows.hpp"
#include "emulator/ec2/routing_rows.hpp"
#include "emulator/ec2/subnet_reservation_rows.hpp"
#include "emulator/ec2/tag_rows.hpp"
#include "emulator/ec2/volume_rows.hpp"
#include "emulator/ec2/vpc_rows.hpp"
#include "emulator/vpc/network_sync.hpp"
#include "emulator/vpc/routing_sync.hpp"

// What EC2's operations share. A handler reads its input, changes rows, tells `sync` or a hook what
// changed and returns the answer; the table around it (operations.cpp) holds the transaction and
// the network's barrier. Loop thread only.
namespace enibox::ec2 {

// Called after the commit of the change; must not throw.
struct Hooks {
  std::function<void(const std::string& instance_id)> instance_changed;  // its state
  std::function<void(const std::string& instance_id)> instance_rebooted;
  // Its blocks or attributes, or it is gone; the network has been told.
  std::function<void(const std::string& vpc_id)> vpc_changed = {};
  std::function<void(const std::string& eni_id)> eni_changed;  // groups, check, attachment; or gone
  std::function<void()> flow_logs_changed = {};
  // The ARN and id of an instance profile by name; throws AwsError when there is none.
  std::function<std::pair<std::string, std::string>(const std::string& name)> instance_profile;
};

// AWS's default quotas. Where a local user would only meet the number as a nuisance (how many VPCs
// a test makes) it is what AWS raises it to on request.
struct Quotas {
  std::int64_t vpcs_per_region = 500;
  std::int64_t blocks_per_vpc = 5;
  std::int64_t subnets_per_vpc = 200;
  std::int64_t groups_per_region = 10'000;
  std::int64_t groups_per_interface = 5;
  std::int64_t rules_per_direction = 60;
  std::int64_t interfaces_per_region = 50'000;
  int instances_per_request = 100;
  std::int64_t elastic_ips_per_region = 100;
  std::int64_t acl_rules_per_direction = 20;
  std::int64_t routes_per_table = 50;
  std::int64_t prefix_lists_per_region = 100;
  std::int64_t tags_per_resource = 50;
  std::int64_t insights_paths_per_region = 1'000;
  std::int64_t insights_analyses_per_region = 10'000;
};

struct Ec2State {
  Ec2State(store::Database& database, const Clock& the_clock, vpc::Network& the_network,
           std::string account)
      : db(database),
        clock(the_clock),
        network(the_network),
        account_id(std::move(account)),
        regions(db),
        vpcs(db),
        subnets(db),
        subnet_reservations(db),
        ipv6(db),
        groups(db),
        enis(db),
        instances(db),
        volumes(db),
        images(db),
        route_tables(db),
        internet_gateways(db),
        addresses(db),
        nat_gateways(db),
        peerings(db),
        public_addresses(db),
        acls(db),
        prefix_lists(db),
        dhcp_options(db),
        flow_logs(db),
        insights_paths(db),
        insights_analyses(db),
        key_pairs(db),
        launch_templates(db),
        tags(db),
        sync(db, network, vpcs, subnets, groups, acls, prefix_lists),
        routing(db, network) {}

  // The row, if it is of this region; otherwise the resource's "not found".
  VpcRow vpc(const std::string& region, const std::string& vpc_id) {
    return require(vpcs.find(vpc_id), region, vpc_not_found, vpc_id);
  }
  SubnetRow subnet(const std::string& region, const std::string& subnet_id) {
    return require(subnets.find(subnet_id), region, subnet_not_found, subnet_id);
  }
  GroupRow group(const std::string& region, const std::string& group_id) {
    check_id("sg", group_id);
    return require(groups.find(group_id), region, group_not_found, group_id);
  }
  EniRow eni(const std::string& region, const std::string& eni_id) {
    check_id("eni", eni_id);
    return require(enis.find(eni_id), region, eni_not_found, eni_id);
  }
  PrefixListRow prefix_list(const std::string& region, const std::string& prefix_list_id) {
    return require(prefix_lists.find(prefix_list_id), region, prefix_list_not_found,
                   prefix_list_id);
  }
  InsightsPathRow insights_path(const std::string& region, const std::string& path_id) {
    return require(insights_paths.find(path_id), region, insights_path_not_found, path_id);
  }
  InsightsAnalysisRow insights_analysis(const std::string& region, const std::string& analysis_id) {
    return require(insights_analyses.find(analysis_id), region, insights_analysis_not_found,
                   analysis_id);
  }
  InstanceRow instance(const std::string& region, const std::string& instance_id) {
    check_id("i", instance_id);
    return require(instances.find(instance_id), region, instance_not_found, instance_id);
  }

  void eni_changed(const std::string& eni_id) { later(&Hooks::eni_changed, eni_id); }
  void instance_changed(const std::string& instance_id) {
    later(&Hooks::instance_changed, instance_id);
  }
  void instance_rebooted(const std::string& instance_id) {
    later(&Hooks::instance_rebooted, instance_id);
  }

  void flow_logs_changed() {
    db.after_commit([this] {
      if (hooks.flow_logs_changed) hooks.flow_logs_changed();
    });
  }
  // They go with what they watch.
  void forget_flow_logs(const std::string& resource_id) {
    for (const auto& row : flow_logs.of_resource(resource_id)) {
      tags.erase_all(row.flow_log_id);
      flow_logs.erase(row.flow_log_id);
    }
  }

  store::Database& db;
  const Clock& clock;
  vpc::Network& network;
  std::string account_id;
  Quotas quotas;
  // RunInstances takes every well-formed image id; one that is nobody's boots an Amazon Linux
  // image, the ECS-optimized one where the user data configures an agent: for suites and labs that
  // name public images of AWS's.
  bool any_image = false;
  Hooks hooks;
  RegionRows regions;
  VpcRows vpcs;
  SubnetRows subnets;
  SubnetReservationRows subnet_reservations;
  Ipv6Rows ipv6;
  GroupRows groups;
  EniRows enis;
  InstanceRows instances;
  VolumeRows volumes;
  ImageRows images;
  RouteTableRows route_tables;
  InternetGatewayRows internet_gateways;
  AddressRows addresses;
  NatGatewayRows nat_gateways;
  PeeringRows peerings;
  PublicAddressRows public_addresses;
  AclRows acls;
  PrefixListRows prefix_lists;
  DhcpOptionsRows dhcp_options;
  FlowLogRows flow_logs;
  InsightsPathRows insights_paths;
  InsightsAnalysisRows insights_analyses;
  KeyPairRows key_pairs;
  LaunchTemplateRows launch_templates;
  TagRows tags;
  vpc::NetworkSync sync;
  vpc::RoutingSync routing;

 private:
  template <typename Row>
  static Row require(std::optional<Row> row, const std::string& region,
                     AwsError (*not_found)(const std::string&), const std::string& id) {
    if (!row || row->region != region) throw not_found(id);
    return *std::move(row);
  }
  void later(std::function<void(const std::string&)> Hooks::*hook, const std::string& id) {
    db.after_commit([this, hook, id] {
      if (hooks.*hook) (hooks.*hook)(id);
    });
  }
};

}  // namespace enibox::ec2
