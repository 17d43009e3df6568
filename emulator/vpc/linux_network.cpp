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
  const std::uint64_t generation = generation_ + 1;
  worker_.submit(
      [data_path = data_path_, work = std::move(work)] {
        work(*data_path);
        return Nothing{};
      },
      Done<Nothing>([this, generation, done = std::move(done),
                     alive = std::weak_ptr<bool>(alive_)](Outcome<Nothing> outcome) {
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

void LinuxNetwork::put_eni(EniSpec eni, Done<Nothing> done) {
  enqueue([eni = std::move(eni)](DataPath& path) { path.put_eni(eni); }, std::move(done));
}

void LinuxNetwork::remove_eni(std::string eni_id, Done<Nothing> done) {
  enqueue([id = std::move(eni_id)](DataPath& path) { path.remove_eni(id); }, std::move(done));
}

void LinuxNetwork::prepare_instance(std::string netns_path, Done<Nothing> done) {
  enqueue([netns = std::move(netns_path)](DataPath& path) { path.prepare_instance(netns); },
          std::move(done));
}

void LinuxNetwork::put_task_bridge(TaskBridgeSpec bridge, Done<Nothing> done) {
  enqueue([bridge = std::move(bridge)](DataPath& path) { path.put_task_bridge(bridge); },
          std::move(done));
}

void LinuxNetwork::forget_unclaimed(Done<Nothing> done) {
  enqueue([](DataPath& path) { path.forget_unclaimed(); }, std::move(done));
}

}  // namespace enibox::vpc
