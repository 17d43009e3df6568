#include "emulator/ecs/container_instances.hpp"

#include <algorithm>

#include "api/error.hpp"

namespace enibox::ecs {
namespace {

ContainerInstance read(const store::Query& row) {
  ContainerInstance instance;
  instance.id = row.text(0);
  instance.region = row.text(1);
  instance.cluster = row.text(2);
  instance.ec2_instance_id = row.text(3);
  instance.status = row.text(4);
  instance.agent_connected = row.integer(5) != 0;
  instance.registered_ms = row.integer(6);
  instance.version = row.integer(7);
  instance.cpu = row.integer(8);
  instance.memory = row.integer(9);
  instance.max_enis = row.integer(10);
  instance.availability_zone = row.text(11);
  instance.vpc_id = row.text(12);
  instance.attributes = Json::parse(row.text(13));
  instance.version_info = Json::parse(row.text(14));
  instance.ports = Json::parse(row.text(15));
  return instance;
}

// 169.254.172.0/22 has 1024 numbers; .0 is the network, .1 the bridge, the last one the broadcast.
constexpr std::int64_t kFirstHost = 2;
constexpr std::int64_t kLastHost = 1022;

std::string bridge_address(std::int64_t host) {
  return "169.254." + std::to_string(172 + host / 256) + "." + std::to_string(host % 256);
}

}  // namespace

#define INSTANCE_COLUMNS                                                                         \
  "id, region, cluster, ec2_instance_id, status, agent_connected, registered_ms, version, cpu, " \
  "memory, max_enis, availability_zone, vpc_id, attributes_json, version_info_json, ports_json"

ContainerInstances::ContainerInstances(store::Database& db)
    : insert_(db, "INSERT INTO ecs_container_instances (" INSTANCE_COLUMNS
                  ", last_bridge_host) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                  "1)"),
      update_(db,
              "UPDATE ecs_container_instances SET status = ?2, agent_connected = ?3, version = "
              "?4, attributes_json = ?5, cpu = ?6, memory = ?7, version_info_json = ?8, ports_json "
              "= ?9 WHERE id = ?1"),
      find_(db, "SELECT " INSTANCE_COLUMNS " FROM ecs_container_instances WHERE id = ?"),
      find_by_ec2_(db, "SELECT " INSTANCE_COLUMNS
                       " FROM ecs_container_instances WHERE ec2_instance_id = ? AND status <> "
                       "'INACTIVE'"),
      list_(db, "SELECT " INSTANCE_COLUMNS
                " FROM ecs_container_instances WHERE region = ? AND cluster = ? AND status <> "
                "'INACTIVE' ORDER BY registered_ms, id"),
      count_(db,
             "SELECT count(*) FROM ecs_container_instances WHERE region = ? AND cluster = ? AND "
             "status <> 'INACTIVE'"),
      last_host_(db, "SELECT last_bridge_host FROM ecs_container_instances WHERE id = ?"),
      set_last_host_(db, "UPDATE ecs_container_instances SET last_bridge_host = ?2 WHERE id = ?1") {
}
#undef INSTANCE_COLUMNS

void ContainerInstances::insert(const ContainerInstance& i) {
  insert_.run(i.id, i.region, i.cluster, i.ec2_instance_id, i.status, i.agent_connected,
              i.registered_ms, i.version, i.cpu, i.memory, i.max_enis, i.availability_zone,
              i.vpc_id, i.attributes.dump(), i.version_info.dump(), i.ports.dump());
}

void ContainerInstances::update(const ContainerInstance& i) {
  update_.run(i.id, i.status, i.agent_connected, i.version, i.attributes.dump(), i.cpu, i.memory,
              i.version_info.dump(), i.ports.dump());
}

std::optional<ContainerInstance> ContainerInstances::find(const std::string& id) {
  auto row = find_.query(id);
  if (!row.next()) return std::nullopt;
  return read(row);
}

std::optional<ContainerInstance> ContainerInstances::find_by_ec2(const std::string& ec2_id) {
  auto row = find_by_ec2_.query(ec2_id);
  if (!row.next()) return std::nullopt;
  return read(row);
}

std::vector<ContainerInstance> ContainerInstances::list(const std::string& region,
                                                        const std::string& cluster) {
  std::vector<ContainerInstance> found;
  auto row = list_.query(region, cluster);
  while (row.next()) found.push_back(read(row));
  return found;
}

std::int64_t ContainerInstances::count(const std::string& region, const std::string& cluster) {
  auto row = count_.query(region, cluster);
  row.next();
  return row.integer(0);
}

std::string ContainerInstances::next_bridge_address(const std::string& id,
                                                    const std::vector<std::string>& taken) {
  std::int64_t host = kFirstHost - 1;
  if (auto row = last_host_.query(id); row.next()) host = row.integer(0);
  for (std::int64_t tries = kFirstHost; tries <= kLastHost; ++tries) {
    host = host >= kLastHost ? kFirstHost : host + 1;
    const std::string address = bridge_address(host);
    if (std::ranges::find(taken, address) != taken.end()) continue;
    set_last_host_.run(id, host);
    return address;
  }
  throw AwsError("ServerException", "169.254.172.0/22 of the container instance is exhausted.",
                 500);
}

}  // namespace enibox::ecs
