#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "emulator/containers/conmon_runtime_jobs.hpp"
#include "emulator/containers/container_start.hpp"
#include "emulator/containers/files.hpp"
#include "emulator/containers/host_process.hpp"
#include "emulator/containers/pod_process.hpp"
#include "emulator/containers/process_table.hpp"

// What a daemon finds that starts again in a box that lived on.
namespace enibox::containers {

struct ConmonRuntime::Found {
  std::vector<std::shared_ptr<const Host>> hosts;
  std::vector<std::shared_ptr<const Pod>> pods;
  std::vector<std::shared_ptr<const Container>> containers;
};

namespace {

// A container that has just ended: conmon is about to write its code. One deadline for all, since
// a conmon that was killed never will.
void wait_for_exit_files(const std::vector<std::shared_ptr<const Container>>& containers) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  for (const auto& container : containers) {
    const auto owed = [&] {
      return container->host->init.alive() && !container->init.alive() &&
             !exit_code_of(*container->host, container->id);
    };
    while (owed() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// What the former daemon had put into the host and nobody wrote down: a pause process it was just
// starting, exec sessions.
void kill_unrecorded(const Host& host, const std::vector<std::shared_ptr<const Pod>>& pods) {
  if (!host.init.alive()) return;
  const pid_t init = host.init.identity.pid;
  for (const pid_t pid : put_into_namespace_of(init)) {
    const bool known = pid == init || std::any_of(pods.begin(), pods.end(), [&](const auto& pod) {
                         return pod->pause.identity.pid == pid;
                       });
    if (!known) ::kill(pid, SIGKILL);
  }
}

}  // namespace

ConmonRuntime::Found ConmonRuntime::find_everything(const RuntimeContext& context) {
  Found out;
  for (const auto& host_id : names_in(context.run_dir + "/hosts")) {
    const auto host = recall_host(context, host_id);
    if (!host) {  // it died while it was made
      clean_up_host(context, host_id);
      continue;
    }
    out.hosts.push_back(host);
    for (const auto& pod_id : names_in(host->layout.run + "/pods")) {
      if (auto pod = recall_pod(host, pod_id))
        out.pods.push_back(std::move(pod));
      else
        clean_up_pod(context, *host, pod_id);
    }
    kill_unrecorded(*host, out.pods);
    for (const auto& id : names_in(host->layout.run + "/c")) {
      if (auto container = recall_container(host, id))
        out.containers.push_back(std::move(container));
      else
        clean_up_half_made(*host, id);
    }
    // A removal that was not finished may have left these alone.
    for (const auto& id : names_in(host->layout.state + "/c"))
      if (!std::filesystem::exists(host->layout.bundle(id))) clean_up_half_made(*host, id);
    for (const auto& id : names_in(host->layout.state + "/pods"))
      if (!std::filesystem::exists(host->layout.pod(id))) clean_up_pod(context, *host, id);
  }
  wait_for_exit_files(out.containers);
  return out;
}

Inventory ConmonRuntime::take_up(Found found) {
  Inventory out;
  for (const auto& host : found.hosts) {
    const bool alive = host->init.alive();
    out.hosts.push_back({host->id, answer_for(*host), alive});
    if (alive) add_host(host);
  }
  for (const auto& pod : found.pods) {
    const bool alive = pod->pause.alive();
    out.pods.push_back({pod->id, {pod->pid_in_host, context_->netns_file(pod->id)}, alive});
    if (alive)
      add_pod(pod);
    else
      pods_[pod->id].pod = pod;
  }
  for (const auto& container : found.containers) {
    const auto code = exit_code_of(*container->host, container->id);
    const bool running = !code && container->init.alive();
    out.containers.push_back(
        {container->id, container->pid_in_host, running, code.value_or(kLostExitCode)});
    add_container(container);
    auto& entry = containers_.at(container->id);
    entry.quiet = !running;  // the inventory says it
    if (!running) container_ended(container->id, code.value_or(kLostExitCode));
  }
  return out;
}

void ConmonRuntime::inventory(Done<Inventory> done) {
  using Result = std::shared_ptr<Found>;
  run_job<Result>(
      [context = context_] { return std::make_shared<Found>(find_everything(*context)); },
      [this, done](Outcome<Result> outcome) {
        if (!outcome.ok()) return done(error_of(outcome));
        done(take_up(std::move(*outcome.get())));
      });
}

}  // namespace enibox::containers
