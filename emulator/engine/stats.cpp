#include "emulator/engine/stats.hpp"

#include <unistd.h>

#include <fstream>

#include "emulator/engine/times.hpp"

namespace enibox::engine {
namespace {

constexpr std::chrono::milliseconds kInterval{1'000};

// Time all processors have spent since boot, in nanoseconds (proc(5), /proc/stat: user to steal).
std::uint64_t system_cpu_ns() {
  std::ifstream file("/proc/stat");
  std::string word;
  file >> word;
  std::uint64_t ticks = 0, field = 0;
  for (int i = 0; i < 8 && file >> field; ++i) ticks += field;
  static const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return ticks * (1'000'000'000 / ticks_per_second);
}

Json cpu_view(std::uint64_t container_ns, std::uint64_t system_ns, int cpus) {
  return {{"cpu_usage",
           {{"total_usage", container_ns}, {"usage_in_kernelmode", 0}, {"usage_in_usermode", 0}}},
          {"system_cpu_usage", system_ns},
          {"online_cpus", cpus},
          {"throttling_data", {{"periods", 0}, {"throttled_periods", 0}, {"throttled_time", 0}}}};
}

}  // namespace

void Stats::answer(const Call& call, const EngineContainer& container, const EngineHost& host) {
  auto watch = std::make_shared<Watch>(runtime_, clock_);
  watch->call = call;
  watch->container = container;
  watch->host = host;
  const auto stream = call.parameter("stream");
  watch->streams = !stream || api::http::is_true(stream);
  watch->one_shot = call.flag("one-shot");
  if (watch->streams) {
    watch->stream = call.exchange->stream({.status = 200,
                                           .content_type = "application/json",
                                           .body = {},
                                           .headers = engine_headers()});
    if (!watch->stream) return;
    // The timer keeps the watch alive, the end of the stream stops the timer.
    watch->stream->listen({.on_data = {}, .on_eof = {}, .on_drained = {}, .on_closed = [watch] {
                             watch->timer = nullptr;
                           }});
  }
  watch->take_sample();
}

void Stats::Watch::take_sample() {
  if (streams && !stream->is_open()) return;
  if (container.state != "running" || !container.in_runtime) return sampled({});
  runtime.usage(container.id, [self = shared_from_this()](Outcome<containers::Usage> usage) {
    if (usage.ok()) return self->sampled(usage.get());
    self->failed(usage.error());
  });
}

void Stats::Watch::failed(const std::string& why) {
  if (streams) return stream->end();
  call.reply_error(500, why);
}

void Stats::Watch::sampled(const containers::Usage& usage) {
  const Sample now{.at_ms = clock.now_ms(), .system_cpu_ns = system_cpu_ns(), .usage = usage};
  const bool is_first = !last;
  const bool waits_for_second = !streams && is_first && !one_shot && container.state == "running";
  if (streams) {
    stream->write(view(now).dump() + "\n");
  } else if (!waits_for_second) {
    return call.reply(view(now));
  }
  last = now;
  again();
}

void Stats::Watch::again() {
  timer = clock.after(kInterval, [self = shared_from_this()] {
    // The timer object is replaced below; it may not be destroyed while it fires.
    const auto firing = std::move(self->timer);
    self->take_sample();
  });
}

Json Stats::Watch::view(const Sample& now) const {
  const auto before = last.value_or(Sample{});
  const auto limit = now.usage.memory_limit_bytes != 0
                         ? now.usage.memory_limit_bytes
                         : static_cast<std::uint64_t>(host.memory_bytes);
  return {{"id", container.id},
          {"name", "/" + container.name},
          {"read", rfc3339(now.at_ms)},
          {"preread", rfc3339(before.at_ms)},
          {"num_procs", 0},
          {"pids_stats", {{"current", now.usage.pids}}},
          {"cpu_stats", cpu_view(now.usage.cpu_usage_ns, now.system_cpu_ns, host.cpus)},
          {"precpu_stats", cpu_view(before.usage.cpu_usage_ns, before.system_cpu_ns, host.cpus)},
          {"memory_stats",
           {{"usage", now.usage.memory_bytes}, {"limit", limit}, {"stats", Json::object()}}},
          {"blkio_stats", {{"io_service_bytes_recursive", Json::array()}}},
          {"storage_stats", Json::object()}};
}

}  // namespace enibox::engine
