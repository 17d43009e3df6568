#include <spdlog/spdlog.h>

#include "emulator/containers/conmon_runtime_jobs.hpp"
#include "emulator/containers/signal_fate.hpp"

// Signals to containers.

namespace enibox::containers {
namespace {

// Long enough for a program to come up to its handler, and short beside any stopTimeout.
constexpr auto kHandlerPatience = std::chrono::seconds(2);
constexpr auto kHandlerStep = std::chrono::milliseconds(10);

SignalFate fate_now(const NamedProcess& process, int signal) {
  const auto path = "/proc/" + std::to_string(process.identity.pid) + "/status";
  return fate_of_signal(netns::read_small_file(path).value_or(""), signal);
}

}  // namespace

void ConmonRuntime::signal_container(std::string container_id, int signal, Done<Nothing> done) {
  sequence_.run("c/" + container_id,
                [this, container_id, signal, done](Sequence::Finished finished) {
                  if (process_of(container_id) == nullptr) {
                    done(failure("No such container: " + container_id));
                    return finished();
                  }
                  try {
                    deliver(container_id, signal, kHandlerPatience / kHandlerStep);
                    done(Nothing());
                  } catch (const std::system_error&) {
                    done(std::current_exception());
                  }
                  finished();
                });
}

// One that the process would lose, since it has not come up to its handler, waits for that.
void ConmonRuntime::deliver(const std::string& id, int signal, std::int64_t looks_left) {
  const auto* process = process_of(id);
  const auto found = containers_.find(id);
  if (process == nullptr) return;
  if (found == containers_.end() || looks_left == 0 ||
      fate_now(*process, signal) == SignalFate::kTaken) {
    return process->kill(signal);
  }
  auto& timer = found->second.signal_timers[signal];
  timer = std::make_unique<boost::asio::steady_timer>(loop_, kHandlerStep);
  timer->async_wait(
      [this, id, signal, looks_left, here = std::weak_ptr(here_)](boost::system::error_code error) {
        if (error || here.expired()) return;
        try {
          deliver(id, signal, looks_left - 1);
        } catch (const std::system_error& e) {
          spdlog::warn("container {}: {}", id.substr(0, 12), e.what());
        }
      });
}

}  // namespace enibox::containers
