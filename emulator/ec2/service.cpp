#include "emulator/ec2/service.hpp"

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/instance_types.hpp"
#include "emulator/ec2/nat_gateway_life.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/operations.hpp"
#include "emulator/ec2/route_lookup.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ec2/topology.hpp"
#include "emulator/ec2/vpc_dns.hpp"
#include "emulator/ec2/zones.hpp"

namespace enibox::ec2 {

Ec2Service::Ec2Service(store::Database& db, const Clock& clock, vpc::Network& network,
                       std::string account_id)
    : state_(std::make_unique<Ec2State>(db, clock, network, std::move(account_id))) {
  state_->routing.listen(
      {.nat_made = [this](auto& id, bool ok) { nat_gateway_made(*state_, id, ok); },
       .nat_removed = [this](auto& id) { nat_gateway_removed(*state_, id); }});
}

Ec2Service::~Ec2Service() = default;

void Ec2Service::listen(Hooks hooks) {
  state_->sync.vpc_told = hooks.vpc_changed;
  state_->hooks = std::move(hooks);
}

void Ec2Service::take_any_image() { state_->any_image = true; }

api::Service Ec2Service::operations() { return make_operations(*state_); }

std::vector<TaggedResource> Ec2Service::tagged(const api::RequestContext& request) {
  std::vector<TaggedResource> all;
  for (const auto& row : state_->tags.list(request.region)) {
    add_tag(all, request.arn("ec2", row.resource_type + "/" + row.resource_id),
            "ec2:" + row.resource_type, {row.key, row.value});
  }
  return all;
}

void Ec2Service::sync_network() {
  state_->sync.sync_all();
  state_->routing.sync();
  finish_nat_gateways(*state_);
}

void Ec2Service::clear_network() {
  state_->routing.clear();
  for (const auto& group : state_->groups.all()) state_->network.remove_group(group.group_id, {});
  for (const auto& list : state_->prefix_lists.all())
    state_->network.remove_prefix_list(list.prefix_list_id, {});
  for (const auto& vpc : state_->vpcs.all()) state_->network.remove_vpc(vpc.vpc_id, {});
}

Json Ec2Service::topology() { return topology_json(*state_); }

reachability::Answer Ec2Service::why(const reachability::Question& question) {
  return reachability::evaluate(*state_, reachability::flow_of(*state_, question));
}

Subnet Ec2Service::subnet(const std::string& region, const std::string& subnet_id) {
  const auto row = state_->subnet(region, subnet_id);
  return {.subnet_id = row.subnet_id,
          .region = row.region,
          .vpc_id = row.vpc_id,
          .cidr = row.cidr,
          .availability_zone = row.availability_zone,
          .availability_zone_id = zone_id_of(row.region, row.availability_zone)};
}

Subnet Ec2Service::any_subnet(const std::string& vpc_id) {
  std::optional<VpcRow> vpc;
  for (const auto& row : state_->vpcs.all()) {
    if (vpc_id.empty() ? row.is_default : row.vpc_id != vpc_id) continue;
    if (vpc) throw AwsError("InvalidParameterValue", "There are several VPCs: say which.");
    vpc = row;
  }
  if (!vpc) throw vpc_not_found(vpc_id);
  for (const auto& row : state_->subnets.of_vpc(vpc->vpc_id)) {
    if (state_->subnets.addresses_used(row.subnet_id) < usable_addresses(block_of(row.cidr)))
      return subnet(row.region, row.subnet_id);
  }
  throw AwsError("InsufficientFreeAddressesInSubnet",
                 "No subnet of " + vpc->vpc_id + " has a free address.");
}

std::string Ec2Service::region_of_subnet(const std::string& subnet_id) {
  const auto row = state_->subnets.find(subnet_id);
  if (!row) throw subnet_not_found(subnet_id);
  return row->region;
}

std::string Ec2Service::group_vpc(const std::string& region, const std::string& group_id) {
  return state_->group(region, group_id).vpc_id;
}

std::string Ec2Service::default_group(const std::string& region, const std::string& vpc_id) {
  state_->vpc(region, vpc_id);
  return state_->groups.find_named(vpc_id, "default")->group_id;
}

NetworkInterface Ec2Service::create_network_interface(const NewNetworkInterface& wanted) {
  store::Transaction transaction(state_->db);
  const auto row = create_eni(*state_, {.region = wanted.region,
                                        .subnet_id = wanted.subnet_id,
                                        .address = wanted.address,
                                        .group_ids = wanted.group_ids,
                                        .description = wanted.description,
                                        .interface_type = wanted.interface_type,
                                        .requester_id = wanted.requester_id,
                                        .in_service = wanted.in_service});
  transaction.commit();
  return eni_value(*state_, row);
}

NetworkInterface Ec2Service::network_interface(const std::string& eni_id) {
  const auto row = state_->enis.find(eni_id);
  if (!row) throw eni_not_found(eni_id);
  return eni_value(*state_, *row);
}

void Ec2Service::attach(const std::string& eni_id, const std::string& instance_id) {
  store::Transaction transaction(state_->db);
  attach_eni(*state_, eni_id, {.instance_id = instance_id, .device_index = std::nullopt});
  transaction.commit();
}

void Ec2Service::detach(const std::string& eni_id) {
  store::Transaction transaction(state_->db);
  detach_eni(*state_, eni_id);
  transaction.commit();
}

void Ec2Service::delete_network_interface(const std::string& eni_id) {
  store::Transaction transaction(state_->db);
  delete_eni(*state_, eni_id);
  state_->routing.changed();
  transaction.commit();
}

std::vector<NetworkInterface> Ec2Service::requested_by(const std::string& requester_id) {
  std::vector<NetworkInterface> values;
  for (const auto& row : state_->enis.of_requester(requester_id)) {
    values.push_back(eni_value(*state_, row));
  }
  return values;
}

std::vector<NetworkInterface> Ec2Service::attached(const std::string& instance_id) {
  std::vector<NetworkInterface> values;
  for (const auto& row : state_->enis.of_instance(instance_id)) {
    values.push_back(eni_value(*state_, row));
  }
  return values;
}

std::vector<NetworkInterface> Ec2Service::all_attached() {
  std::vector<NetworkInterface> values;
  for (const auto& row : state_->enis.all_attached()) values.push_back(eni_value(*state_, row));
  return values;
}

Instance Ec2Service::instance(const std::string& instance_id) {
  const auto row = state_->instances.find(instance_id);
  if (!row) throw instance_not_found(instance_id);
  return instance_value(*row);
}

std::vector<Instance> Ec2Service::instances_in_state(const std::string& state) {
  std::vector<Instance> values;
  for (const auto& row : state_->instances.in_state(state)) values.push_back(instance_value(row));
  return values;
}

void Ec2Service::set_instance_state(const std::string& instance_id, const std::string& state,
                                    const std::string& reason) {
  store::Transaction transaction(state_->db);
  move_instance(*state_, instance_id, state, reason);
  state_->routing.changed();
  transaction.commit();
}

InstanceType Ec2Service::instance_type(const std::string& name) {
  const auto* row = find_instance_type(name);
  if (!row) {
    throw AwsError("InvalidInstanceType",
                   "The following supplied instance types do not exist: [" + name + "]");
  }
  return {.name = name,
          .vcpus = row->vcpus,
          .memory_mib = row->memory_mib,
          .max_enis = row->max_enis,
          .ipv4_per_eni = row->ipv4_per_eni,
          .trunk_tasks = row->trunk_tasks,
          .architecture = std::string(architecture_of(*row))};
}

std::vector<FlowLogRow> Ec2Service::flow_logs() { return state_->flow_logs.all(); }

std::string Ec2Service::flow_log_vpc(const std::string& resource_id) {
  const auto type = resource_type_of(resource_id);
  if (type == "vpc") return state_->vpcs.find(resource_id) ? resource_id : "";
  if (type == "subnet") {
    const auto row = state_->subnets.find(resource_id);
    return row ? row->vpc_id : "";
  }
  const auto row = state_->enis.find(resource_id);
  return row ? row->vpc_id : "";
}

std::optional<EniRow> Ec2Service::find_interface(const std::string& eni_id) {
  return state_->enis.find(eni_id);
}

std::vector<RouteRow> Ec2Service::routes_of(const std::string& subnet_id) {
  const auto subnet = state_->subnets.find(subnet_id);
  return subnet ? ec2::routes_of(*state_, *subnet) : std::vector<RouteRow>();
}

std::optional<VpcDns> Ec2Service::vpc_dns(const std::string& vpc_id) {
  return ec2::vpc_dns(*state_, vpc_id);
}

std::optional<PublicAddress> Ec2Service::public_address(const std::string& address) {
  const auto row = state_->addresses.find_ip(address);
  if (!row) return {};
  const auto eni = state_->enis.find(row->eni_id);
  return PublicAddress{.region = row->region,
                       .vpc_id = eni ? eni->vpc_id : "",
                       .private_address = row->private_address};
}

std::optional<std::string> Ec2Service::resource_name_address(const std::string& vpc_id,
                                                             const std::string& instance_id) {
  const auto row = state_->instances.find(instance_id);
  if (!row || row->vpc_id != vpc_id || row->state == "terminated") return {};
  const auto subnet = state_->subnets.find(row->subnet_id);
  if (!subnet || !subnet->resource_name_a) return {};
  return row->private_address;
}

}  // namespace enibox::ec2
