#include "emulator/engine/stop_waiters.hpp"

#include <signal.h>

#include <algorithm>

#include "emulator/containers/container_process.hpp"
#include "emulator/engine/errors.hpp"

namespace enibox::engine {
namespace {

constexpr int kDefaultStopSeconds = 10;  // docker stop without -t
constexpr int kLongestStopSeconds = 24 * 3600;

int stop_seconds(const std::optional<std::string>& text) {
  if (!text || text->empty()) return kDefaultStopSeconds;
  char* end = nullptr;
  const long value = std::strtol(text->c_str(), &end, 10);
  if (*end != '\0') throw EngineError(400, "invalid timeout '" + *text + "'");
  if (value < 0) return kLongestStopSeconds;  // -1: no SIGKILL
  return static_cast<int>(std::min<long>(value, kLongestStopSeconds));
}

void require_runtime(const EngineContainer& container) {
  if (container.in_runtime) return;
  throw EngineError(501, container.name + " is kept by Enibox itself; stop the task instead.");
}

}  // namespace

int signal_number(const std::string& text) {
  if (const auto number = containers::signal_number(text)) return *number;
  throw EngineError(400, "Invalid signal: " + text);
}

std::shared_ptr<StopWaiters::Waiter> StopWaiters::add(const Call& call,
                                                      const EngineContainer& container) {
  auto waiter = std::make_shared<Waiter>();
  waiter->container_id = container.id;
  waiter->call = call;
  waiters_->push_back(waiter);
  call.exchange->on_gone([weak = std::weak_ptr(waiters_), raw = waiter.get()] {
    // A stop goes on without its client: what was asked for is done.
    const auto waiters = weak.lock();
    if (!waiters) return;
    waiters->remove_if([&](const auto& one) { return one.get() == raw && !one->is_stop; });
  });
  return waiter;
}

void StopWaiters::stop(const Call& call, const EngineContainer& container) {
  const auto seconds = stop_seconds(call.parameter("t"));
  const auto wanted = call.parameter("signal");
  const int signal = wanted && !wanted->empty() ? signal_number(*wanted) : container.stop_signal;
  require_runtime(container);
  if (container.state != "running") return call.reply_nothing(304);
  const auto waiter = add(call, container);
  waiter->is_stop = true;
  waiter->kill_timer =
      clock_.after(std::chrono::seconds(seconds), [&runtime = runtime_, id = container.id] {
        runtime.signal_container(id, SIGKILL, [](Outcome<Nothing>) {});
      });
  runtime_.signal_container(container.id, signal, [](Outcome<Nothing>) {});
}

void StopWaiters::kill(const Call& call, const EngineContainer& container) {
  const auto wanted = call.parameter("signal");
  const int signal = signal_number(wanted && !wanted->empty() ? *wanted : "KILL");
  require_runtime(container);
  if (container.state != "running") {
    throw EngineError(409, "cannot kill container: " + container.id + ": container " +
                               container.id + " is not running");
  }
  runtime_.signal_container(container.id, signal, [call](Outcome<Nothing> outcome) {
    if (!outcome.ok()) return call.reply_error(500, outcome.error());
    call.reply_nothing();
  });
}

void StopWaiters::wait(const Call& call, const EngineContainer& container) {
  const auto condition = call.parameter("condition").value_or("");
  if (!condition.empty() && condition != "not-running" && condition != "next-exit" &&
      condition != "removed") {
    throw EngineError(400, "invalid condition: \"" + condition + "\"");
  }
  if (container.state != "running" && condition != "next-exit") {
    return call.reply({{"StatusCode", container.exit_code}});
  }
  add(call, container);
}

void StopWaiters::ended(const std::string& container_id, int exit_code) {
  Waiters ended;
  for (auto next = waiters_->begin(); next != waiters_->end();) {
    const auto one = next++;
    if ((*one)->container_id == container_id) ended.splice(ended.end(), *waiters_, one);
  }
  for (const auto& waiter : ended) {
    if (waiter->is_stop) {
      waiter->call.reply_nothing();
    } else {
      waiter->call.reply({{"StatusCode", exit_code}});
    }
  }
}

}  // namespace enibox::engine
