#include <signal.h>
#include <sys/socket.h>

#include "emulator/containers/conmon_runtime_jobs.hpp"
#include "netns/namespace.hpp"

// Exec sessions: they are children of the daemon and end with it.
namespace enibox::containers {

void ConmonRuntime::exec(ExecSpec spec, Done<ExecStarted> done) {
  const auto id = next_exec_++;
  std::function<StartedExec()> work;
  if (spec.container_id.empty()) {
    const auto found = hosts_.find(spec.host_id);
    if (found == hosts_.end())
      return done(failure("the container instance " + spec.host_id + " is not running"));
    work = [host = found->second.host, spec] { return exec_on_host(*host, spec); };
  } else {
    const auto found = containers_.find(spec.container_id);
    if (found == containers_.end()) return done(failure("No such container: " + spec.container_id));
    work = [container = found->second.container, spec, id] {
      return exec_in_container(*container, spec, id);
    };
  }
  // The result is moved from: its descriptors have one owner.
  using Result = std::shared_ptr<StartedExec>;
  run_job<Result>([work] { return std::make_shared<StartedExec>(work()); },
                  [this, id, done](Outcome<Result> outcome) {
                    if (!outcome.ok()) return done(error_of(outcome));
                    auto& started = *outcome.get();
                    started.answer.exec_id = id;
                    auto& entry = execs_[id];
                    entry.process = std::move(started.process);
                    entry.group = started.group;
                    done(std::move(started.answer));
                    entry.watch = std::make_unique<ExitWatch>(loop_, entry.process.pidfd.get(),
                                                              [this, id] { exec_ended(id); });
                  });
}

void ConmonRuntime::open_socket(std::string host_id, std::string container_id, int family, int type,
                                Done<netns::UniqueFd> done) {
  std::string network;  // the file of the namespace
  if (container_id.empty()) {
    const auto found = hosts_.find(host_id);
    if (found == hosts_.end())
      return done(failure("the container instance " + host_id + " is not running"));
    network = context_->netns_file(host_id);
  } else {
    const auto found = containers_.find(container_id);
    if (found == containers_.end()) return done(failure("No such container: " + container_id));
    network = context_->netns_file(found->second.container->pod_id);
  }
  using Result = std::shared_ptr<netns::UniqueFd>;
  run_job<Result>(
      [network, family, type] {
        auto socket = std::make_shared<netns::UniqueFd>();
        netns::Namespace::open(network).run([&] {
          socket->reset(::socket(family, type | SOCK_CLOEXEC, 0));
          if (!*socket) netns::throw_errno("open a socket");
        });
        return socket;
      },
      [done](Outcome<Result> outcome) {
        if (!outcome.ok()) return done(error_of(outcome));
        done(std::move(*outcome.get()));
      });
}

void ConmonRuntime::exec_ended(std::uint64_t id) {
  const auto code = netns::reap(execs_.at(id).process.pidfd);
  execs_.erase(id);
  if (events_.exec_exited) events_.exec_exited(id, code.value_or(255));
}

void ConmonRuntime::signal_exec(std::uint64_t exec_id, int signal) {
  const auto found = execs_.find(exec_id);
  if (found == execs_.end()) return;
  if (found->second.group > 0)
    ::kill(-found->second.group, signal);
  else
    netns::signal_process(found->second.process.pidfd.get(), signal);
}

}  // namespace enibox::containers
