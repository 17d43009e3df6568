#include "emulator/vpc/data_path.hpp"

#include <exception>
#include <filesystem>

#include "emulator/vpc/instance_links.hpp"

namespace enibox::vpc {
namespace {

constexpr const char* kRouterPrefix = "vpc-";

DataPathOptions with_step(DataPathOptions options) {
  if (!options.before_step) options.before_step = [](const std::string&) {};
  return options;
}

}  // namespace

DataPath::DataPath(DataPathOptions options)
    : options_(with_step(std::move(options))),
      edges_({options_.netns_directory, options_.adopt, options_.before_step},
             [this](const std::string& vpc_id) -> Router& { return router(vpc_id); }) {}

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
    if (found->second->vpc() == vpc) return;
    found->second->update(vpc);
    edges_.vpc_changed(vpc);
    return;
  }
  const std::string path = router_path(vpc.vpc_id);
  const bool adopt = options_.adopt && netns::Namespace::exists(path);
  auto router = std::make_unique<Router>(
      RouterContext{options_.before_step, background_, options_.service_packets_per_second},
      Router::Place{path, adopt, held_}, vpc);
  for (const auto& [id, list] : prefix_lists_) router->put_prefix_list(list);
  routers_.emplace(vpc.vpc_id, std::move(router));
}

void DataPath::remove_vpc(const std::string& vpc_id) {
  const auto found = routers_.find(vpc_id);
  if (found == routers_.end()) return;
  edges_.remove_vpc(vpc_id);
  found->second->destroy();
  std::erase_if(vpc_of_eni_, [&](const auto& entry) { return entry.second == vpc_id; });
  std::erase_if(vpc_of_group_, [&](const auto& entry) { return entry.second == vpc_id; });
  std::erase_if(vpc_of_acl_, [&](const auto& entry) { return entry.second == vpc_id; });
  // Its sockets keep the namespace alive; closing the last one lets the kernel clean up.
  background_.submit([router = std::shared_ptr<Router>(std::move(found->second))] {});
  routers_.erase(found);
  refresh_peers();
}

void DataPath::put_group(const GroupSpec& group) {
  router(group.vpc_id).put_group(group);
  vpc_of_group_.insert_or_assign(group.group_id, group.vpc_id);
  refresh_foreign_members();
}

void DataPath::remove_group(const std::string& group_id) {
  const auto found = vpc_of_group_.find(group_id);
  if (found == vpc_of_group_.end()) return;
  router(found->second).remove_group(group_id);
  vpc_of_group_.erase(found);
  refresh_foreign_members();
}

void DataPath::put_prefix_list(const PrefixListSpec& list) {
  prefix_lists_.insert_or_assign(list.prefix_list_id, list);
  each_router([&](Router& router) { router.put_prefix_list(list); });
}

void DataPath::remove_prefix_list(const std::string& prefix_list_id) {
  prefix_lists_.erase(prefix_list_id);
  each_router([&](Router& router) { router.remove_prefix_list(prefix_list_id); });
}

void DataPath::put_acl(const NetworkAclSpec& acl) {
  router(acl.vpc_id).put_acl(acl);
  vpc_of_acl_.insert_or_assign(acl.acl_id, acl.vpc_id);
}

void DataPath::remove_acl(const std::string& acl_id) {
  const auto found = vpc_of_acl_.find(acl_id);
  if (found == vpc_of_acl_.end()) return;
  router(found->second).remove_acl(acl_id);
  vpc_of_acl_.erase(found);
}

void DataPath::hold_filters() {
  held_ = true;
  for (const auto& [id, router] : routers_) router->hold_filters();
}

void DataPath::release_filters() {
  held_ = false;
  each_router([](Router& router) { router.release_filters(); });
}

void DataPath::each_router(const std::function<void(Router&)>& work) {
  std::exception_ptr first;
  for (const auto& [id, router] : routers_) {
    try {
      work(*router);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

void DataPath::set_peers(const std::string& vpc_id, const std::set<std::string>& peer_vpc_ids) {
  peers_.insert_or_assign(vpc_id, peer_vpc_ids);
  refresh_foreign_members();
  if (peer_vpc_ids.empty()) peers_.erase(vpc_id);
}

void DataPath::refresh_foreign_members() {
  for (const auto& peers_of : peers_) {
    const auto here = routers_.find(peers_of.first);
    if (here == routers_.end()) continue;
    here->second->refresh_foreign_members([&](const std::string& group_id) {
      std::set<std::string> members;
      for (const auto& peer : peers_of.second)
        if (const auto there = routers_.find(peer); there != routers_.end())
          members.merge(there->second->members(group_id));
      return members;
    });
  }
}

void DataPath::put_eni(const EniSpec& eni) {
  router(eni.vpc_id).put_eni(eni);
  vpc_of_eni_.insert_or_assign(eni.eni_id, eni.vpc_id);
  refresh_foreign_members();
}

void DataPath::remove_eni(const std::string& eni_id) {
  const auto found = vpc_of_eni_.find(eni_id);
  if (found == vpc_of_eni_.end()) return;
  router(found->second).remove_eni(eni_id);
  vpc_of_eni_.erase(found);
  refresh_foreign_members();
}

void DataPath::put_peering(const PeeringSpec& peering) {
  edges_.put_peering(peering);
  refresh_peers();
}

void DataPath::remove_peering(const std::string& id) {
  edges_.remove_peering(id);
  refresh_peers();
}

// Those that have none any more are told so once.
void DataPath::refresh_peers() {
  auto peers = edges_.peers();
  for (const auto& [vpc_id, before] : peers_) peers.try_emplace(vpc_id);
  for (const auto& [vpc_id, now] : peers) set_peers(vpc_id, now);
}

void DataPath::put_subnet_routes(const SubnetRoutesSpec& routes) {
  if (routes.routes.empty() && !routers_.contains(routes.vpc_id)) return;
  router(routes.vpc_id).put_routes(routes);
}

netns::UniqueFd DataPath::open_service(const LocalService& service) {
  return router(service.vpc_id).open_service(service);
}

void DataPath::close_service(const LocalService& service) {
  const auto found = routers_.find(service.vpc_id);
  if (found != routers_.end()) found->second->close_service(service);
}

void DataPath::count_flows(const std::string& vpc_id, bool on) {
  if (on || routers_.contains(vpc_id)) router(vpc_id).count_flows(on);
}

FlowStretch DataPath::end_flow_stretch(const std::string& vpc_id) {
  return router(vpc_id).end_flow_stretch();
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
  edges_.forget_unclaimed();
  for (const auto& entry : std::filesystem::directory_iterator(options_.netns_directory)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(kRouterPrefix) && !routers_.contains(name))
      netns::Namespace::remove(entry.path());
  }
}

}  // namespace enibox::vpc
