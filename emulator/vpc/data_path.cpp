#include "emulator/vpc/data_path.hpp"

#include <filesystem>

#include "emulator/vpc/instance_links.hpp"

namespace enibox::vpc {
namespace {

constexpr const char* kRouterPrefix = "vpc-";

}  // namespace

DataPath::DataPath(DataPathOptions options) : options_(std::move(options)) {
  if (!options_.before_step) options_.before_step = [](const std::string&) {};
}

DataPath::~DataPath() = default;

std::string DataPath::router_path(const std::string& vpc_id) const {
  return options_.netns_directory + "/" + vpc_id;
}

Router& DataPath::router(const std::string& vpc_id) {
  const auto found = routers_.find(vpc_id);
  if (found == routers_.end())
    throw std::system_error(ENOENT, std::generic_category(), "find router of " + vpc_id);
  return *found->second;
}

void DataPath::put_vpc(const VpcSpec& vpc) {
  if (const auto found = routers_.find(vpc.vpc_id); found != routers_.end()) {
    if (found->second->vpc() != vpc) found->second->update(vpc);
    return;
  }
  const std::string path = router_path(vpc.vpc_id);
  const bool adopt = options_.adopt && netns::Namespace::exists(path);
  routers_.emplace(
      vpc.vpc_id,
      std::make_unique<Router>(RouterContext{options_.before_step, background_}, path, vpc, adopt));
}

void DataPath::remove_vpc(const std::string& vpc_id) {
  const auto found = routers_.find(vpc_id);
  if (found == routers_.end()) return;
  found->second->destroy();
  std::erase_if(vpc_of_eni_, [&](const auto& entry) { return entry.second == vpc_id; });
  std::erase_if(vpc_of_group_, [&](const auto& entry) { return entry.second == vpc_id; });
  // Its sockets keep the namespace alive; closing the last one lets the kernel clean up.
  background_.submit([router = std::shared_ptr<Router>(std::move(found->second))] {});
  routers_.erase(found);
}

void DataPath::put_group(const GroupSpec& group) {
  router(group.vpc_id).put_group(group);
  vpc_of_group_.insert_or_assign(group.group_id, group.vpc_id);
}

void DataPath::remove_group(const std::string& group_id) {
  const auto found = vpc_of_group_.find(group_id);
  if (found == vpc_of_group_.end()) return;
  router(found->second).remove_group(group_id);
  vpc_of_group_.erase(found);
}

void DataPath::put_eni(const EniSpec& eni) {
  router(eni.vpc_id).put_eni(eni);
  vpc_of_eni_.insert_or_assign(eni.eni_id, eni.vpc_id);
}

void DataPath::remove_eni(const std::string& eni_id) {
  const auto found = vpc_of_eni_.find(eni_id);
  if (found == vpc_of_eni_.end()) return;
  router(found->second).remove_eni(eni_id);
  vpc_of_eni_.erase(found);
}

void DataPath::prepare_instance(const std::string& netns_path) {
  prepare_instance_links(netns_path, options_.before_step);
}

void DataPath::put_task_bridge(const TaskBridgeSpec& bridge) {
  put_task_bridge_links(bridge, options_.before_step);
}

void DataPath::renew_leases() {
  for (const auto& [id, router] : routers_) router->renew_leases();
}

void DataPath::forget_unclaimed() {
  for (const auto& [id, router] : routers_) router->forget_unclaimed();
  for (const auto& entry : std::filesystem::directory_iterator(options_.netns_directory)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kRouterPrefix) && !routers_.contains(name))
      netns::Namespace::remove(entry.path());
  }
}

}  // namespace enibox::vpc
