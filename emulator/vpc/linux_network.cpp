#include "emulator/vpc/linux_network.hpp"

#include <spdlog/spdlog.h>

namespace enibox::vpc {
namespace {

// Three tries before an instance's address would expire.
constexpr std::chrono::seconds kRenewalInterval{kLeaseSeconds / 4};

}  // namespace

LinuxNetwork::LinuxNetwork(boost::asio::io_context& loop, DataPathOptions options)
    : data_path_(std::make_shared<DataPath>(std::move(options))),
      renewal_(loop),
      worker_(loop, /*threads=*/1) {
  schedule_renewal();
}

LinuxNetwork::~LinuxNetwork() = default;

void LinuxNetwork::enqueue(Work work, Done<Nothing> done) {
  enqueue_for<Nothing>(
      [work = std::move(work)](DataPath& path) {
        work(path);
        return Nothing{};
      },
      std::move(done));
}

template <typename T>
void LinuxNetwork::enqueue_for(std::function<T(DataPath&)> work, Done<T> done) {
  const std::uint64_t generation = generation_ + 1;
  worker_.submit([data_path = data_path_, work = std::move(work)] { return work(*data_path); },
                 Done<T>([this, generation, done = std::move(done),
                          alive = std::weak_ptr<bool>(alive_)](Outcome<T> outcome) {
                   if (alive.expired()) return;
                   if (done)
                     done(std::move(outcome));
                   else if (!outcome.ok())
                     spdlog::error("network: {}", outcome.error());
                   passed(generation);
                 }));
  generation_ = generation;  // only when the queue took it
}

void LinuxNetwork::passed(std::uint64_t generation) {
  passed_ = generation;
  while (!waiting_.empty() && waiting_.begin()->first <= passed_) {
    auto go = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    go();
  }
}

void LinuxNetwork::when_passed(std::uint64_t generation, std::function<void()> go) {
  if (generation <= passed_) return go();
  waiting_.emplace(generation, std::move(go));
}

void LinuxNetwork::schedule_renewal() {
  renewal_.expires_after(kRenewalInterval);
  renewal_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    try {
      enqueue([](DataPath& path) { path.renew_leases(); }, {});
    } catch (const std::exception& full) {
      spdlog::warn("network: renewal of leases put off: {}", full.what());
    }
    schedule_renewal();
  });
}

void LinuxNetwork::put_vpc(VpcSpec vpc, Done<Nothing> done) {
  enqueue([vpc = std::move(vpc)](DataPath& path) { path.put_vpc(vpc); }, std::move(done));
}

void LinuxNetwork::remove_vpc(std::string vpc_id, Done<Nothing> done) {
  enqueue([id = std::move(vpc_id)](DataPath& path) { path.remove_vpc(id); }, std::move(done));
}

void LinuxNetwork::put_group(GroupSpec group, Done<Nothing> done) {
  enqueue([group = std::move(group)](DataPath& path) { path.put_group(group); }, std::move(done));
}

void LinuxNetwork::remove_group(std::string group_id, Done<Nothing> done) {
  enqueue([id = std::move(group_id)](DataPath& path) { path.remove_group(id); }, std::move(done));
}

void LinuxNetwork::put_prefix_list(PrefixListSpec list, Done<Nothing> done) {
  enqueue([list = std::move(list)](DataPath& path) { path.put_prefix_list(list); },
          std::move(done));
}

void LinuxNetwork::remove_prefix_list(std::string prefix_list_id, Done<Nothing> done) {
  enqueue([id = std::move(prefix_list_id)](DataPath& path) { path.remove_prefix_list(id); },
          std::move(done));
}

void LinuxNetwork::put_acl(NetworkAclSpec acl, Done<Nothing> done) {
  enqueue([acl = std::move(acl)](DataPath& path) { path.put_acl(acl); }, std::move(done));
}

void LinuxNetwork::remove_acl(std::string acl_id, Done<Nothing> done) {
  enqueue([id = std::move(acl_id)](DataPath& path) { path.remove_acl(id); }, std::move(done));
}

void LinuxNetwork::hold_filters() {
  enqueue([](DataPath& path) { path.hold_filters(); }, {});
}

void LinuxNetwork::release_filters(Done<Nothing> done) {
  enqueue([](DataPath& path) { path.release_filters(); }, std::move(done));
}

void LinuxNetwork::put_eni(EniSpec eni, Done<Nothing> done) {
  enqueue([eni = std::move(eni)](DataPath& path) { path.put_eni(eni); }, std::move(done));
}

void LinuxNetwork::remove_eni(std::string eni_id, Done<Nothing> done) {
  enqueue([id = std::move(eni_id)](DataPath& path) { path.remove_eni(id); }, std::move(done));
}

void LinuxNetwork::put_subnet_routes(SubnetRoutesSpec routes, Done<Nothing> done) {
  enqueue([spec = std::move(routes)](DataPath& path) { path.put_subnet_routes(spec); },
          std::move(done));
}

void LinuxNetwork::put_gateway(GatewaySpec gateway, Done<Nothing> done) {
  enqueue([spec = std::move(gateway)](DataPath& path) { path.put_gateway(spec); }, std::move(done));
}

void LinuxNetwork::remove_gateway(std::string gateway_id, Done<Nothing> done) {
  enqueue([spec = std::move(gateway_id)](DataPath& path) { path.remove_gateway(spec); },
          std::move(done));
}

void LinuxNetwork::put_public_address(PublicAddressSpec address, Done<Nothing> done) {
  enqueue([spec = std::move(address)](DataPath& path) { path.put_public_address(spec); },
          std::move(done));
}

void LinuxNetwork::remove_public_address(std::string address, Done<Nothing> done) {
  enqueue([spec = std::move(address)](DataPath& path) { path.remove_public_address(spec); },
          std::move(done));
}

void LinuxNetwork::put_nat_gateway(NatGatewaySpec nat, Done<Nothing> done) {
  enqueue([spec = std::move(nat)](DataPath& path) { path.put_nat_gateway(spec); }, std::move(done));
}

void LinuxNetwork::remove_nat_gateway(std::string nat_gateway_id, Done<Nothing> done) {
  enqueue([spec = std::move(nat_gateway_id)](DataPath& path) { path.remove_nat_gateway(spec); },
          std::move(done));
}

void LinuxNetwork::put_peering(PeeringSpec peering, Done<Nothing> done) {
  enqueue([spec = std::move(peering)](DataPath& path) { path.put_peering(spec); }, std::move(done));
}

void LinuxNetwork::remove_peering(std::string peering_id, Done<Nothing> done) {
  enqueue([spec = std::move(peering_id)](DataPath& path) { path.remove_peering(spec); },
          std::move(done));
}

void LinuxNetwork::make_namespace(std::string path, Done<Nothing> done) {
  enqueue(
      [path = std::move(path)](DataPath&) {
        if (!netns::Namespace::exists(path)) netns::Namespace::create(path);
      },
      std::move(done));
}

void LinuxNetwork::remove_namespace(std::string path, Done<Nothing> done) {
  enqueue([path = std::move(path)](DataPath&) { netns::Namespace::remove(path); }, std::move(done));
}

void LinuxNetwork::prepare_instance(std::string netns_path, Done<Nothing> done) {
  enqueue([netns = std::move(netns_path)](DataPath& path) { path.prepare_instance(netns); },
          std::move(done));
}

void LinuxNetwork::put_task_bridge(TaskBridgeSpec bridge, Done<Nothing> done) {
  enqueue([bridge = std::move(bridge)](DataPath& path) { path.put_task_bridge(bridge); },
          std::move(done));
}

void LinuxNetwork::open_internet(Done<InternetSockets> done) {
  auto sockets = std::make_shared<InternetSockets>();
  enqueue([sockets](DataPath& path) { *sockets = path.open_internet(); },
          [sockets, done = std::move(done)](Outcome<Nothing> outcome) {
            try {
              outcome.get();
              done(std::move(*sockets));
            } catch (const std::exception&) {
              done(std::current_exception());
            }
          });
}

void LinuxNetwork::open_service(LocalService service, Done<netns::UniqueFd> done) {
  enqueue_for<netns::UniqueFd>(
      [service = std::move(service)](DataPath& path) { return path.open_service(service); },
      std::move(done));
}

void LinuxNetwork::close_service(LocalService service, Done<Nothing> done) {
  enqueue([service = std::move(service)](DataPath& path) { path.close_service(service); },
          std::move(done));
}

void LinuxNetwork::count_flows(std::string vpc_id, bool on, Done<Nothing> done) {
  enqueue([id = std::move(vpc_id), on](DataPath& path) { path.count_flows(id, on); },
          std::move(done));
}

void LinuxNetwork::end_flow_stretch(std::string vpc_id, Done<FlowStretch> done) {
  auto stretch = std::make_shared<FlowStretch>();
  enqueue(
      [id = std::move(vpc_id), stretch](DataPath& path) { *stretch = path.end_flow_stretch(id); },
      [stretch, done = std::move(done)](Outcome<Nothing> outcome) {
        try {
          outcome.get();
        } catch (...) {
          return done(std::current_exception());
        }
        done(std::move(*stretch));
      });
}

void LinuxNetwork::forget_unclaimed(Done<Nothing> done) {
  enqueue([](DataPath& path) { path.forget_unclaimed(); }, std::move(done));
}

}  // namespace enibox::vpc
