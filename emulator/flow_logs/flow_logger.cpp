#include "emulator/flow_logs/flow_logger.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace enibox::flow_logs {
namespace {

// Often enough for the kernel's sets to have room, and for times that are near the packets'.
constexpr std::int64_t kStretch_ms = 5'000;
constexpr std::int64_t kCrowdedStretch_ms = 500;
// Events that are written before the loop does something else.
constexpr std::size_t kEventsAtOnce = 500;
constexpr auto kPatience = std::chrono::milliseconds(3'000);

}  // namespace

FlowLogger::FlowLogger(Parts parts)
    : parts_(std::move(parts)), collector_(std::make_shared<Collector>(parts_.files_directory)) {}

void FlowLogger::changed() {
  if (finished_) return;
  auto wanted = parts_.source.flow_logs();
  announce_files(wanted);
  for (auto& [vpc_id, vpc] : vpcs_) {
    const auto found = wanted.find(vpc_id);
    vpc.flow_logs = found == wanted.end() ? std::vector<FlowLogSpec>() : std::move(found->second);
  }
  for (auto& [vpc_id, logs] : wanted) {
    if (vpcs_.contains(vpc_id)) continue;
    vpcs_[vpc_id].flow_logs = std::move(logs);
    count(vpc_id);
  }
  std::erase_if(vpcs_, [&](const auto& entry) {
    if (!entry.second.flow_logs.empty()) return false;
    stop_counting(entry.first);
    return true;
  });
}

void FlowLogger::stop_counting(const std::string& vpc_id) {
  try {
    parts_.network.count_flows(vpc_id, false, {});
    parts_.run(
        [collector = collector_, vpc_id] {
          collector->forget(vpc_id);
          return Collected();
        },
        [](Outcome<Collected>) {});
  } catch (const std::exception& full) {
    spdlog::warn("flow logs of {}: {}", vpc_id, full.what());
  }
}

void FlowLogger::announce_files(const std::map<std::string, std::vector<FlowLogSpec>>& all) {
  if (announced_) return;
  for (const auto& [vpc_id, logs] : all)
    for (const auto& log : logs) announced_ |= log.group_name.empty();
  if (announced_) spdlog::info("flow log files are in {}", parts_.files_directory);
}

void FlowLogger::count(const std::string& vpc_id) {
  auto& vpc = vpcs_.at(vpc_id);
  vpc.began_ms = parts_.clock.now_ms();
  parts_.network.count_flows(
      vpc_id, true, [this, vpc_id, alive = std::weak_ptr(alive_)](Outcome<Nothing> outcome) {
        if (alive.expired()) return;
        if (!outcome.ok()) spdlog::error("flow logs of {}: {}", vpc_id, outcome.error());
        schedule(vpc_id);
      });
}

void FlowLogger::schedule(const std::string& vpc_id) {
  const auto found = vpcs_.find(vpc_id);
  if (found == vpcs_.end() || finished_) return;
  const auto now = parts_.clock.now_ms();
  auto delay = found->second.crowded ? kCrowdedStretch_ms : kStretch_ms;
  // A stretch ends where an interval does.
  for (const auto& log : found->second.flow_logs)
    delay = std::min(delay, log.interval_ms - now % log.interval_ms);
  found->second.timer =
      parts_.clock.after(std::chrono::milliseconds(delay), [this, vpc_id] { end_stretch(vpc_id); });
}

void FlowLogger::interface_made(const std::string& eni_id) {
  auto facts = parts_.source.facts(eni_id);
  if (!facts) return;
  const auto found = vpcs_.find(facts->vpc_id);
  if (found != vpcs_.end()) found->second.facts[eni_id] = std::move(*facts);
}

void FlowLogger::end_stretch(const std::string& vpc_id) {
  const auto found = vpcs_.find(vpc_id);
  if (found == vpcs_.end() || found->second.busy) return;
  found->second.busy = true;
  try {
    parts_.network.end_flow_stretch(
        vpc_id, [this, vpc_id, alive = std::weak_ptr(alive_)](Outcome<vpc::FlowStretch> outcome) {
          if (alive.expired()) return;
          if (outcome.ok()) return collect(vpc_id, std::move(outcome.get()));
          collected(vpc_id, std::make_exception_ptr(std::runtime_error(outcome.error())));
        });
  } catch (const std::exception& full) {  // the network worker's queue
    collected(vpc_id, std::current_exception());
  }
}

// The rows of an interface that is gone are gone, or soon will be: what is known of it is kept.
void FlowLogger::learn(Vpc& vpc, const vpc::FlowStretch& stretch) {
  const auto writes = [&](const FlowLogSpec& log) {
    return finished_ || stretch.ended_ms / log.interval_ms != vpc.began_ms / log.interval_ms;
  };
  const bool writing = std::any_of(vpc.flow_logs.begin(), vpc.flow_logs.end(), writes);
  for (const auto& eni : stretch.enis) {
    auto found = vpc.facts.find(eni.eni_id);
    if (found == vpc.facts.end()) {
      auto facts = parts_.source.facts(eni.eni_id);
      if (!facts) continue;
      found = vpc.facts.emplace(eni.eni_id, std::move(*facts)).first;
    }
    if (writing || eni.gone) parts_.source.refresh(found->second);
  }
}

void FlowLogger::collect(const std::string& vpc_id, vpc::FlowStretch stretch) {
  const auto found = vpcs_.find(vpc_id);
  if (found == vpcs_.end()) return look_whether_finished();
  auto& vpc = found->second;
  learn(vpc, stretch);
  Turn turn{.vpc_id = vpc_id,
            .flow_logs = vpc.flow_logs,
            .facts = vpc.facts,
            .stretch = std::move(stretch),
            .began_ms = vpc.began_ms,
            .last = finished_ != nullptr};
  vpc.began_ms = turn.stretch.ended_ms;
  vpc.closed = turn.last;
  bool watched_gone = false;  // a flow log goes with the interface it watches
  for (const auto& eni : turn.stretch.enis) {
    if (!eni.gone) continue;
    vpc.facts.erase(eni.eni_id);
    for (const auto& log : vpc.flow_logs) watched_gone |= log.resource_id == eni.eni_id;
  }
  try {
    parts_.run([collector = collector_, turn = std::move(turn)] { return collector->take(turn); },
               [this, vpc_id, alive = std::weak_ptr(alive_)](Outcome<Collected> outcome) {
                 if (!alive.expired()) collected(vpc_id, std::move(outcome));
               });
  } catch (const std::exception& full) {
    collected(vpc_id, std::current_exception());
  }
  if (watched_gone) changed();
}

void FlowLogger::collected(const std::string& vpc_id, Outcome<Collected> outcome) {
  const auto found = vpcs_.find(vpc_id);
  if (outcome.ok()) {
    auto& streams = outcome.get().streams;
    std::move(streams.begin(), streams.end(), std::back_inserter(waiting_));
  }
  if (found != vpcs_.end()) {
    found->second.busy = false;
    if (outcome.ok()) {
      found->second.crowded = outcome.get().crowded;
      schedule(vpc_id);
    } else if (!finished_) {
      // The router is gone or was made anew: the rows say which.
      spdlog::warn("flow logs of {}: {}", vpc_id, outcome.error());
      changed();
      if (vpcs_.contains(vpc_id)) count(vpc_id);
    }
  }
  if (finished_ && found != vpcs_.end()) {
    if (outcome.ok() && !found->second.closed) return end_stretch(vpc_id);
    vpcs_.erase(found);
  }
  deliver();
  look_whether_finished();
}

void FlowLogger::deliver() {
  std::size_t written = 0;
  auto next = waiting_.begin();
  for (; next != waiting_.end() && written < kEventsAtOnce; ++next) {
    // A stream with very many events is written in parts.
    const auto count = std::min(next->events.size(), kEventsAtOnce);
    const auto middle = next->events.begin() + static_cast<std::ptrdiff_t>(count);
    StreamEvents part{next->region, next->group, next->stream, {}};
    part.events.assign(std::make_move_iterator(next->events.begin()),
                       std::make_move_iterator(middle));
    next->events.erase(next->events.begin(), middle);
    written += part.events.size();
    deliver(part);
    if (!next->events.empty()) break;
  }
  waiting_.erase(waiting_.begin(), next);
  if (waiting_.empty()) {
    delivery_.reset();
    return;
  }
  delivery_ = parts_.clock.after(std::chrono::milliseconds(0), [this] {
    deliver();
    look_whether_finished();
  });
}

void FlowLogger::deliver(const StreamEvents& part) {
  try {
    parts_.sink.create_group(part.region, part.group);
    parts_.sink.create_stream(part.region, part.group, part.stream);
    parts_.sink.append(part.region, part.group, part.stream, part.events);
  } catch (const std::exception& error) {
    spdlog::error("flow logs to {}: {}", part.group, error.what());
  }
}

void FlowLogger::finish(std::function<void()> done) {
  finished_ = std::move(done);
  std::vector<std::string> ids;
  for (const auto& [vpc_id, vpc] : vpcs_) ids.push_back(vpc_id);
  for (const auto& id : ids) end_stretch(id);
  deadline_ = parts_.clock.after(kPatience, [this] {
    spdlog::warn("flow logs: the last records are lost");
    vpcs_.clear();
    waiting_.clear();
    look_whether_finished();
  });
  look_whether_finished();
}

void FlowLogger::look_whether_finished() {
  if (!finished_ || !vpcs_.empty() || !waiting_.empty()) return;
  deadline_.reset();
  auto done = std::exchange(finished_, [] {});
  done();
}

}  // namespace enibox::flow_logs
