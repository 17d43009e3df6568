#pragma once
#include <deque>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "emulator/vpc/network.hpp"

namespace enibox::vpc {

// A network in memory. It keeps what was put, can fail the n-th call, and can hold calls back:
//
//   network.fail_call(3);      // the third call from now ends with an error, and changes nothing
//   network.hold();            // calls wait (as for the worker) ...
//   network.release();         // ... until here
//
// Without hold() a call takes effect, and its `done` is called, before it returns.
class FakeNetwork final : public Network {
 public:
  void put_vpc(VpcSpec vpc, Done<Nothing> done) override {
    call(
        "put_vpc " + vpc.vpc_id, [this, vpc] { vpcs[vpc.vpc_id] = vpc; }, std::move(done));
  }
  void remove_vpc(std::string id, Done<Nothing> done) override {
    call(
        "remove_vpc " + id, [this, id] { vpcs.erase(id); }, std::move(done));
  }
  void put_group(GroupSpec group, Done<Nothing> done) override {
    call(
        "put_group " + group.group_id, [this, group] { groups[group.group_id] = group; },
        std::move(done));
  }
  void remove_group(std::string id, Done<Nothing> done) override {
    call(
        "remove_group " + id, [this, id] { groups.erase(id); }, std::move(done));
  }
  void put_prefix_list(PrefixListSpec list, Done<Nothing> done) override {
    call(
        "put_prefix_list " + list.prefix_list_id,
        [this, list] { prefix_lists[list.prefix_list_id] = list; }, std::move(done));
  }
  void remove_prefix_list(std::string id, Done<Nothing> done) override {
    call(
        "remove_prefix_list " + id, [this, id] { prefix_lists.erase(id); }, std::move(done));
  }
  void put_acl(NetworkAclSpec acl, Done<Nothing> done) override {
    call(
        "put_acl " + acl.acl_id, [this, acl] { acls[acl.acl_id] = acl; }, std::move(done));
  }
  void remove_acl(std::string id, Done<Nothing> done) override {
    call(
        "remove_acl " + id, [this, id] { acls.erase(id); }, std::move(done));
  }
  void hold_filters() override { filters_held = true; }
  void release_filters(Done<Nothing> done) override {
    call(
        "release_filters", [this] { filters_held = false; }, std::move(done));
  }
  void put_eni(EniSpec eni, Done<Nothing> done) override {
    call(
        "put_eni " + eni.eni_id, [this, eni] { enis[eni.eni_id] = eni; }, std::move(done));
  }
  void remove_eni(std::string id, Done<Nothing> done) override {
    call(
        "remove_eni " + id, [this, id] { enis.erase(id); }, std::move(done));
  }
  void put_subnet_routes(SubnetRoutesSpec spec, Done<Nothing> done) override {
    call(
        "put_subnet_routes " + spec.subnet_cidr,
        [this, spec] { routes[spec.subnet_cidr + " of " + spec.vpc_id] = spec; }, std::move(done));
  }
  void put_gateway(GatewaySpec spec, Done<Nothing> done) override {
    call(
        "put_gateway " + spec.gateway_id, [this, spec] { gateways[spec.gateway_id] = spec; },
        std::move(done));
  }
  void remove_gateway(std::string spec, Done<Nothing> done) override {
    call(
        "remove_gateway " + spec, [this, spec] { gateways.erase(spec); }, std::move(done));
  }
  void put_public_address(PublicAddressSpec spec, Done<Nothing> done) override {
    call(
        "put_public_address " + spec.address,
        [this, spec] { public_addresses[spec.address] = spec; }, std::move(done));
  }
  void remove_public_address(std::string spec, Done<Nothing> done) override {
    call(
        "remove_public_address " + spec, [this, spec] { public_addresses.erase(spec); },
        std::move(done));
  }
  void put_nat_gateway(NatGatewaySpec spec, Done<Nothing> done) override {
    call(
        "put_nat_gateway " + spec.nat_gateway_id,
        [this, spec] { nat_gateways[spec.nat_gateway_id] = spec; }, std::move(done));
  }
  void remove_nat_gateway(std::string spec, Done<Nothing> done) override {
    call(
        "remove_nat_gateway " + spec, [this, spec] { nat_gateways.erase(spec); }, std::move(done));
  }
  void put_peering(PeeringSpec spec, Done<Nothing> done) override {
    call(
        "put_peering " + spec.peering_id, [this, spec] { peerings[spec.peering_id] = spec; },
        std::move(done));
  }
  void remove_peering(std::string spec, Done<Nothing> done) override {
    call(
        "remove_peering " + spec, [this, spec] { peerings.erase(spec); }, std::move(done));
  }
  void make_namespace(std::string path, Done<Nothing> done) override {
    call(
        "make_namespace " + path, [this, path] { namespaces.insert(path); }, std::move(done));
  }
  void remove_namespace(std::string path, Done<Nothing> done) override {
    call(
        "remove_namespace " + path, [this, path] { namespaces.erase(path); }, std::move(done));
  }
  void prepare_instance(std::string netns_path, Done<Nothing> done) override {
    call(
        "prepare_instance " + netns_path, [this, netns_path] { instances.insert(netns_path); },
        std::move(done));
  }
  void put_task_bridge(TaskBridgeSpec bridge, Done<Nothing> done) override {
    call(
        "put_task_bridge " + bridge.task_netns_path,
        [this, bridge] { bridges[bridge.task_netns_path] = bridge.address; }, std::move(done));
  }
  void open_service(LocalService service, Done<netns::UniqueFd> done) override {
    call(
        "open_service " + service.address + " " + service.protocol,
        [this, service] { services.insert(service); },
        [this, service, done](Outcome<Nothing> outcome) {
          try {
            outcome.get();
            done(service_socket ? service_socket(service) : netns::UniqueFd());
          } catch (...) {
            done(std::current_exception());
          }
        });
  }
  void close_service(LocalService service, Done<Nothing> done) override {
    call(
        "close_service " + service.address + " " + service.protocol,
        [this, service] { services.erase(service); }, std::move(done));
  }
  std::uint64_t generation() const override { return made_; }
  void when_passed(std::uint64_t generation, std::function<void()> go) override {
    if (generation <= passed_) return go();
    waiting_.emplace_back(generation, std::move(go));
  }

  void fail_call(int nth) { fail_.insert(made_ + static_cast<std::uint64_t>(nth)); }
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    while (!queue_.empty()) {
      auto job = std::move(queue_.front());
      queue_.pop_front();
      job();
    }
  }

  std::map<std::string, VpcSpec> vpcs;
  std::map<std::string, GroupSpec> groups;
  std::map<std::string, PrefixListSpec> prefix_lists;
  std::map<std::string, NetworkAclSpec> acls;
  bool filters_held = false;
  std::map<std::string, EniSpec> enis;
  std::map<std::string, SubnetRoutesSpec> routes;  // "10.0.1.0/24 of vpc-1"
  std::map<std::string, GatewaySpec> gateways;
  std::map<std::string, PublicAddressSpec> public_addresses;
  std::map<std::string, NatGatewaySpec> nat_gateways;
  std::map<std::string, PeeringSpec> peerings;
  std::set<LocalService> services;
  std::set<std::string> namespaces;
  std::function<netns::UniqueFd(const LocalService&)> service_socket;  // none: no descriptor
  std::set<std::string> instances;                                     // namespace paths
  std::map<std::string, std::string> bridges;  // task namespace path to address
  std::vector<std::string> calls;              // "put_eni eni-1", also those that failed

 private:
  void call(std::string name, std::function<void()> effect, Done<Nothing> done) {
    const auto number = ++made_;
    auto job = [this, number, name, effect = std::move(effect), done = std::move(done)] {
      calls.push_back(name);
      const bool fails = fail_.erase(number) != 0;
      if (!fails) effect();
      passed_ = number;
      if (done) {
        if (fails) {
          done(std::make_exception_ptr(
              std::system_error(std::make_error_code(std::errc::device_or_resource_busy), name)));
        } else {
          done(Nothing{});
        }
      }
      wake();
    };
    if (held_) {
      queue_.push_back(std::move(job));
    } else {
      job();
    }
  }

  void wake() {
    auto all = std::exchange(waiting_, {});
    for (auto& [generation, go] : all) {
      if (generation <= passed_) {
        go();
      } else {
        waiting_.emplace_back(generation, std::move(go));
      }
    }
  }

  std::uint64_t made_ = 0, passed_ = 0;
  bool held_ = false;
  std::set<std::uint64_t> fail_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> waiting_;
};

}  // namespace enibox::vpc
