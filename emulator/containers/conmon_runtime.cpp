#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>

#include "emulator/containers/conmon_runtime_jobs.hpp"
#include "emulator/containers/container_start.hpp"
#include "emulator/containers/files.hpp"
#include "emulator/containers/host_process.hpp"
#include "emulator/containers/pod_process.hpp"
#include "emulator/containers/process_table.hpp"
#include "netns/user_namespace.hpp"

// Hosts, pods, containers: their start, their end and what is asked about them. Exec sessions and
// what a restart finds have files of their own.

namespace enibox::containers {
namespace {

constexpr auto kExitFileGrace = std::chrono::seconds(2);
constexpr auto kHostDeathGrace = std::chrono::milliseconds(100);

bool maps_group(gid_t group) {
  return netns::maps_id(netns::read_small_file("/proc/self/gid_map").value_or(""), group);
}

Json read_profile(const std::string& path) {
  if (path.empty()) return {};
  auto profile = read_json(path);
  if (profile) return std::move(*profile);
  spdlog::warn("containers run without a system call filter: {} is not there", path);
  return {};
}

std::shared_ptr<const RuntimeContext> make_context(const ImageStore& images,
                                                   const ConmonRuntimeOptions& options) {
  auto context = std::make_shared<RuntimeContext>();
  context->run_dir = options.run_dir;
  context->state_dir = options.state_dir;
  context->images = &images;
  context->cgroup = options.cgroup;
  context->before_step = options.before_step;
  constexpr gid_t kTty = 5;
  context->maps_tty_group = maps_group(kTty);
  for (const char* below : {"/hosts", "/netns"}) make_directories(options.run_dir + below);
  make_directories(options.state_dir + "/hosts");
  context->found_out =
      std::async(std::launch::deferred, [options] {
        return RuntimeContext::Abilities{read_profile(options.seccomp_profile), may_mount_sysfs()};
      }).share();
  if (!context->cgroup.usable())
    spdlog::warn("containers run without limits: no control group is writable");
  return context;
}

}  // namespace

ConmonRuntime::ConmonRuntime(boost::asio::io_context& loop, const ImageStore& images,
                             ConmonRuntimeOptions options)
    : loop_(loop),
      context_(make_context(images, options)),
      files_(loop),
      pool_(loop, options.threads) {
  // In time for the first container, and out of the way of the first request.
  run_job<Nothing>(
      [context = context_] {
        context->abilities();
        return Nothing();
      },
      [](Outcome<Nothing> outcome) {
        if (!outcome.ok()) spdlog::warn("what containers may do here: {}", outcome.error());
      });
}

ConmonRuntime::~ConmonRuntime() = default;

// --- hosts -------------------------------------------------------------------------------------

HostStarted ConmonRuntime::answer_for(const Host& host) const {
  return {host.init.identity.pid, context_->netns_file(host.id), host.layout.run};
}

void ConmonRuntime::start_host(HostSpec spec, Done<HostStarted> done) {
  const auto key = "h/" + spec.host_id;
  sequence_.run(key, [this, spec, done](Sequence::Finished finished) {
    using Result = std::shared_ptr<const Host>;
    run_job<Result>([context = context_, spec] { return containers::start_host(*context, spec); },
                    [this, done, finished](Outcome<Result> outcome) {
                      if (!outcome.ok()) {
                        done(error_of(outcome));
                      } else {
                        add_host(outcome.get());
                        done(answer_for(*outcome.get()));
                      }
                      finished();
                    });
  });
}

void ConmonRuntime::add_host(const std::shared_ptr<const Host>& host) {
  const auto id = host->id;
  auto& entry = hosts_[id];
  entry.host = host;
  entry.watch =
      std::make_unique<ExitWatch>(loop_, host->init.pidfd.get(), [this, id] { host_ended(id); });
  // conmon writes the code under another name and renames.
  entry.exits_watch = files_.add(
      host->layout.exits(), IN_MOVED_TO, [this, id](std::uint32_t, const std::string& name) {
        const auto found = containers_.find(name);
        if (found == containers_.end()) return look_for_exit_files(id);
        if (const auto code = exit_code_of(*found->second.container->host, name))
          container_ended(name, *code);
      });
}

// After an overflow of the event queue, or for a container that ended before it was known here.
void ConmonRuntime::look_for_exit_files(const std::string& host_id) {
  const auto host = hosts_.find(host_id);
  if (host == hosts_.end()) return;
  for (const auto& name : names_in(host->second.host->layout.exits())) {
    const auto code = exit_code_of(*host->second.host, name);
    if (code && containers_.contains(name)) container_ended(name, *code);
  }
}

void ConmonRuntime::host_ended(const std::string& host_id) {
  auto& entry = hosts_.at(host_id);
  netns::reap(entry.host->init.pidfd);
  if (entry.stopping) return;
  entry.stopping = true;
  sequence_.run("h/" + host_id, [this, host_id](Sequence::Finished finished) {
    drop_host(host_id, [finished](Outcome<Nothing>) { finished(); });
  });
  if (events_.host_died) events_.host_died(host_id);
}

void ConmonRuntime::stop_host(std::string host_id, Done<Nothing> done) {
  sequence_.run("h/" + host_id, [this, host_id, done](Sequence::Finished finished) {
    const auto through = [done, finished](Outcome<Nothing> outcome) {
      done(std::move(outcome));
      finished();
    };
    const auto found = hosts_.find(host_id);
    if (found == hosts_.end()) return drop_host(host_id, through);
    found->second.stopping = true;
    run_job<Nothing>(
        [host = found->second.host] {
          end_host(*host);
          return Nothing();
        },
        [this, host_id, through](Outcome<Nothing> outcome) {
          if (!outcome.ok()) return through(outcome);
          drop_host(host_id, through);
        });
  });
}

void ConmonRuntime::remove_host(std::string host_id, Done<Nothing> done) {
  stop_host(host_id, [this, host_id, done](Outcome<Nothing> stopped) {
    if (!stopped.ok()) return done(std::move(stopped));
    sequence_.run("h/" + host_id, [this, host_id, done](Sequence::Finished finished) {
      run_job<Nothing>(
          [context = context_, host_id] {
            remove_disk(*context, host_id);
            return Nothing();
          },
          [done, finished](Outcome<Nothing> outcome) {
            done(std::move(outcome));
            finished();
          });
    });
  });
}

bool ConmonRuntime::has_disk(const std::string& host_id) const {
  return containers::has_disk(*context_, host_id);
}

// Its processes are gone: delivers what its containers still said, forgets them and frees all.
void ConmonRuntime::drop_host(const std::string& host_id,
                              std::function<void(Outcome<Nothing>)> done) {
  std::vector<std::string> ids;
  for (auto& [id, entry] : containers_)
    if (entry.container->host->id == host_id) ids.push_back(id);
  auto waiting = std::make_shared<std::size_t>(ids.size() + 1);
  const auto one_less = [this, host_id, ids, waiting, done] {
    if (--*waiting > 0) return;
    for (const auto& id : ids) containers_.erase(id);
    std::erase_if(pods_, [&](const auto& pod) { return pod.second.pod->host->id == host_id; });
    if (const auto found = hosts_.find(host_id); found != hosts_.end()) {
      files_.remove(found->second.exits_watch);
      hosts_.erase(found);
    }
    run_job<Nothing>(
        [context = context_, host_id] {
          clean_up_host(*context, host_id);
          return Nothing();
        },
        done);
  };
  for (const auto& id : ids) {
    auto& entry = containers_.at(id);
    entry.quiet = true;
    if (!entry.exit_code) container_ended(id, kLostExitCode);
    when_finished(id, one_less);
  }
  one_less();
}

// --- pods --------------------------------------------------------------------------------------

void ConmonRuntime::start_pod(PodSpec spec, Done<PodStarted> done) {
  sequence_.run("p/" + spec.pod_id, [this, spec, done](Sequence::Finished finished) {
    const auto host = hosts_.find(spec.host_id);
    if (host == hosts_.end() || host->second.stopping) {
      done(failure("the container instance " + spec.host_id + " is not running"));
      return finished();
    }
    using Result = std::shared_ptr<const Pod>;
    run_job<Result>([context = context_, spec,
                     on = host->second.host] { return containers::start_pod(*context, on, spec); },
                    [this, done, finished](Outcome<Result> outcome) {
                      if (!outcome.ok()) {
                        done(error_of(outcome));
                        return finished();
                      }
                      const auto pod = outcome.get();
                      add_pod(pod);
                      run_job<Nothing>(
                          [pod] {
                            join_task_group(*pod);
                            return Nothing();
                          },
                          [pod](Outcome<Nothing> joined) {
                            if (!joined.ok() && pod->pause.alive())
                              spdlog::warn("task {}: {}", pod->id, joined.error());
                          });
                      done(PodStarted{pod->pid_in_host, context_->netns_file(pod->id)});
                      finished();
                    });
  });
}

void ConmonRuntime::add_pod(const std::shared_ptr<const Pod>& pod) {
  auto& entry = pods_[pod->id];
  entry.pod = pod;
  entry.watch = std::make_unique<ExitWatch>(loop_, pod->pause.pidfd.get(),
                                            [this, id = pod->id] { pod_ended(id); });
}

// An instance that ends takes its pods along, a moment before its own end shows; host_died then
// speaks for all of them.
void ConmonRuntime::pod_ended(const std::string& pod_id) {
  auto& entry = pods_.at(pod_id);
  const int code = netns::reap(entry.pod->pause.pidfd).value_or(kLostExitCode);
  if (entry.stopping) return;
  entry.timer = std::make_unique<boost::asio::steady_timer>(loop_, kHostDeathGrace);
  entry.timer->async_wait(
      [this, pod_id, code, here = std::weak_ptr(here_)](boost::system::error_code error) {
        if (error || here.expired() || !pods_.contains(pod_id)) return;
        const auto& ended = pods_.at(pod_id);
        const auto host = hosts_.find(ended.pod->host->id);
        const bool alone = host != hosts_.end() && !host->second.stopping && !ended.stopping;
        if (alone && events_.container_exited)
          events_.container_exited({ended.pod->container_id, code, false});
      });
}

void ConmonRuntime::stop_pod(std::string pod_id, Done<Nothing> done) {
  sequence_.run("p/" + pod_id, [this, pod_id, done](Sequence::Finished finished) {
    const auto found = pods_.find(pod_id);
    if (found == pods_.end()) {
      done(Nothing());
      return finished();
    }
    found->second.stopping = true;
    run_job<Nothing>(
        [context = context_, pod = found->second.pod] {
          end_pod(*context, *pod);
          return Nothing();
        },
        [this, pod_id, done, finished](Outcome<Nothing> outcome) {
          if (outcome.ok()) pods_.erase(pod_id);
          done(std::move(outcome));
          finished();
        });
  });
}

// --- containers --------------------------------------------------------------------------------

void ConmonRuntime::start_container(ContainerSpec spec, Done<ContainerStarted> done) {
  sequence_.run("c/" + spec.container_id, [this, spec, done](Sequence::Finished finished) {
    const auto pod = pods_.find(spec.pod_id);
    if (pod == pods_.end() || pod->second.stopping) {
      done(
          failure("CannotStartContainerError: Error response from daemon: the task's pause "
                  "container is not running"));
      return finished();
    }
    run_job<StartedContainer>(
        [context = context_, spec, in = pod->second.pod] {
          return containers::start_container(*context, in, spec);
        },
        [this, done, finished](Outcome<StartedContainer> outcome) {
          if (!outcome.ok()) {
            done(error_of(outcome));
          } else {
            const auto& started = outcome.get();
            add_container(started.container);
            done(started.answer);
            // It may have ended in between, before its exit file meant anything here.
            look_for_exit_files(started.container->host->id);
          }
          finished();
        });
  });
}

void ConmonRuntime::add_container(const std::shared_ptr<const Container>& container) {
  const auto id = container->id;
  auto& entry = containers_[id];
  entry.container = container;
  try {
    follow_log(entry);
  } catch (const std::system_error& e) {
    spdlog::error("container {}: its output is lost: {}", id.substr(0, 12), e.what());
  }
  if (container->init.pidfd)
    entry.watch = std::make_unique<ExitWatch>(loop_, container->init.pidfd.get(),
                                              [this, id] { container_process_ended(id); });
}

void ConmonRuntime::follow_log(ContainerEntry& entry) {
  const auto& container = *entry.container;
  const auto& layout = container.host->layout;
  entry.log = std::make_unique<LogReader>(
      loop_, files_, LogReaderOptions{layout.log(container.id), layout.log_position(container.id)},
      [this, id = container.id](std::vector<LogLine> lines) {
        if (events_.logged) events_.logged(id, std::move(lines));
      });
}

// The code comes from conmon, a moment after the process has ended. If conmon was killed, nobody
// knows the code; the container has ended all the same.
void ConmonRuntime::container_process_ended(const std::string& id) {
  auto& entry = containers_.at(id);
  if (entry.exit_code) return;
  entry.timer = std::make_unique<boost::asio::steady_timer>(loop_, kExitFileGrace);
  entry.timer->async_wait([this, id, here = std::weak_ptr(here_)](boost::system::error_code error) {
    if (error || here.expired() || !containers_.contains(id)) return;
    const auto code = exit_code_of(*containers_.at(id).container->host, id);
    container_ended(id, code.value_or(kLostExitCode));
  });
}

// The first word on the end: the rest of the output goes out before the event.
void ConmonRuntime::container_ended(const std::string& id, int exit_code) {
  auto& entry = containers_.at(id);
  if (entry.exit_code) return;
  entry.exit_code = exit_code;
  entry.timer.reset();
  if (!entry.log) return finish_container(id);
  entry.log->finish([this, id] { finish_container(id); });
}

void ConmonRuntime::finish_container(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  auto& entry = found->second;
  entry.finished = true;
  const ContainerExit exit{id, *entry.exit_code,
                           was_oom_killed(*entry.container, *entry.exit_code)};
  const auto waiting = std::exchange(entry.when_finished, {});
  if (!entry.quiet && events_.container_exited) events_.container_exited(exit);
  for (const auto& action : waiting) action();
}

void ConmonRuntime::when_finished(const std::string& id, std::function<void()> action) {
  auto& entry = containers_.at(id);
  if (entry.finished) return action();
  entry.when_finished.push_back(std::move(action));
}

void ConmonRuntime::remove_container(std::string container_id, Done<Nothing> done) {
  sequence_.run("c/" + container_id, [this, container_id, done](Sequence::Finished finished) {
    const auto found = containers_.find(container_id);
    if (found == containers_.end()) {
      done(Nothing());
      return finished();
    }
    found->second.container->init.kill(SIGKILL);
    when_finished(container_id, [this, container_id, done, finished] {
      const auto container = containers_.at(container_id).container;
      run_job<Nothing>(
          [container] {
            clean_up_container(*container->host, container->pod_id, container->id);
            return Nothing();
          },
          [this, container_id, done, finished](Outcome<Nothing> outcome) {
            containers_.erase(container_id);
            done(std::move(outcome));
            finished();
          });
    });
  });
}

// --- questions ---------------------------------------------------------------------------------

const NamedProcess* ConmonRuntime::process_of(const std::string& container_id) const {
  if (const auto found = containers_.find(container_id); found != containers_.end())
    return &found->second.container->init;
  for (const auto& [id, entry] : pods_)
    if (entry.pod->container_id == container_id) return &entry.pod->pause;
  return nullptr;
}

std::optional<netns::Cgroup> ConmonRuntime::group_of(const std::string& container_id) const {
  if (const auto found = containers_.find(container_id); found != containers_.end())
    return found->second.container->cgroup;
  for (const auto& [id, entry] : pods_)
    if (entry.pod->container_id == container_id) return entry.pod->cgroup.child(container_id);
  return std::nullopt;
}

void ConmonRuntime::usage(std::string container_id, Done<Usage> done) {
  const auto group = group_of(container_id);
  const auto* process = process_of(container_id);
  if (!group || process == nullptr) return done(failure("No such container: " + container_id));
  run_job<Usage>(
      [group = *group, pid = process->identity.pid] {
        const auto usage = group.usage();
        Usage out{usage.cpu_ns, usage.memory_bytes, usage.memory_limit_bytes, usage.pids};
        if (!group.usable()) out.pids = processes_beside(pid).size();
        return out;
      },
      done);
}

void ConmonRuntime::processes(std::string container_id,
                              Done<std::vector<std::vector<std::string>>> done) {
  const auto* process = process_of(container_id);
  if (process == nullptr || !process->alive())
    return done(failure("Container " + container_id + " is not running"));
  run_job<std::vector<std::vector<std::string>>>(
      [pid = process->identity.pid] { return process_rows(processes_beside(pid)); }, done);
}

void ConmonRuntime::read_log(std::string container_id, int tail, Done<std::vector<LogLine>> done) {
  const auto found = containers_.find(container_id);
  if (found == containers_.end()) {
    // A pause container says nothing.
    if (process_of(container_id) != nullptr) return done(std::vector<LogLine>());
    return done(failure("No such container: " + container_id));
  }
  run_job<std::vector<LogLine>>(
      [container = found->second.container, tail] {
        return read_last_lines(container->host->layout.log(container->id), tail);
      },
      done);
}

}  // namespace enibox::containers
