#include "emulator/ec2/service.hpp"

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/instance_types.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/operations.hpp"
#include "emulator/ec2/zones.hpp"

namespace enibox::ec2 {

Ec2Service::Ec2Service(store::Database& db, const Clock& clock, vpc::Network& network,
                       std::string account_id)
    : state_(std::make_unique<Ec2State>(db, clock, network, std::move(account_id))) {}

Ec2Service::~Ec2Service() = default;

void Ec2Service::listen(Hooks hooks) { state_->hooks = std::move(hooks); }

api::Service Ec2Service::operations() { return make_operations(*state_); }

void Ec2Service::sync_network() { state_->sync.sync_all(); }

void Ec2Service::clear_network() {
  for (const auto& group : state_->groups.all()) state_->network.remove_group(group.group_id, {});
  for (const auto& vpc : state_->vpcs.all()) state_->network.remove_vpc(vpc.vpc_id, {});
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
                                        .requester_id = wanted.requester_id});
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
  transaction.commit();
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

std::string Ec2Service::private_domain(const std::string& region) {
  return private_domain_of(region);
}

std::string Ec2Service::resolver_address(const std::string& vpc_id) {
  const auto blocks = state_->vpcs.cidrs(vpc_id);
  if (blocks.empty()) throw vpc_not_found(vpc_id);
  return block_of(blocks.front().cidr).host(2).text();
}

}  // namespace enibox::ec2
