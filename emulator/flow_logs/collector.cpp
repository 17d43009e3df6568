#include "emulator/flow_logs/collector.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "emulator/flow_logs/log_file.hpp"

namespace enibox::flow_logs {
namespace {

constexpr std::size_t kCrowd = 4'000;  // flows of one turn; the smallest set has room for twice it

bool in_scope(const FlowLogSpec& log, const EniFacts& eni) {
  return log.resource_id == eni.vpc_id || log.resource_id == eni.subnet_id ||
         log.resource_id == eni.eni_id;
}

std::string stream_name(const std::string& eni_id, Traffic traffic) {
  const char* const suffix = traffic == Traffic::kAll      ? "-all"
                             : traffic == Traffic::kAccept ? "-accept"
                                                           : "-reject";
  return eni_id + suffix;
}

const EniFacts* find_facts(const Facts& facts, const std::string& eni_id) {
  const auto found = facts.find(eni_id);
  return found == facts.end() ? nullptr : &found->second;
}

std::string text_of(const FlowLogSpec& log, const EniFacts& eni, const Window::Line& line) {
  const bool ok = line.status == LogStatus::kOk;
  return log.format.line({.eni = eni,
                          .record = ok ? &line.record : nullptr,
                          .status = line.status,
                          .start_s = line.record.start_s,
                          .end_s = line.record.end_s});
}

}  // namespace

Collected Collector::take(const Turn& turn) {
  Collected out;
  const auto reading = turn.stretch.read();
  out.crowded = reading.passed.size() > kCrowd || reading.refused_in.size() > kCrowd ||
                reading.refused_out.size() > kCrowd || reading.sent.size() > kCrowd;
  const auto records = records_of(reading, turn.stretch.enis);
  const Window::Span span{turn.began_ms, turn.stretch.ended_ms};

  auto& known = vpcs_[turn.vpc_id];
  Windows windows;
  for (const auto& log : turn.flow_logs) {
    const auto found = known.find(log.flow_log_id);
    auto& open = windows
                     .emplace(log.flow_log_id,
                              found != known.end()
                                  ? std::move(found->second)
                                  : Open{Window(log.traffic), turn.began_ms / log.interval_ms})
                     .first->second;
    Window::Lines done;
    std::map<std::string, bool> scope;
    for (const auto& eni : turn.stretch.enis) {
      const auto* facts = find_facts(turn.facts, eni.eni_id);
      const bool inside = facts != nullptr && in_scope(log, *facts);
      scope[eni.eni_id] = inside;
      if (!inside) continue;
      open.window.present(eni.eni_id, span);
      if (reading.lost.contains(eni.number)) open.window.lost(eni.eni_id);
    }
    for (const auto& record : records)
      if (scope[record.eni_id]) open.window.add(record, span);
    const auto index = turn.stretch.ended_ms / log.interval_ms;
    if (turn.last || index != open.index) {
      done = open.window.take_all();
      open.index = index;
    } else {
      for (const auto& eni : turn.stretch.enis)
        if (eni.gone && scope[eni.eni_id]) done[eni.eni_id] = open.window.take(eni.eni_id);
    }
    deliver(turn, log, done, out);
  }
  known = std::move(windows);
  if (turn.last) vpcs_.erase(turn.vpc_id);
  return out;
}

void Collector::deliver(const Turn& turn, const FlowLogSpec& log, const Window::Lines& all,
                        Collected& out) {
  std::vector<std::string> file;
  for (const auto& [eni_id, lines] : all) {
    const auto* eni = find_facts(turn.facts, eni_id);
    if (eni == nullptr) continue;
    StreamEvents stream{log.region, log.group_name, stream_name(eni_id, log.traffic), {}};
    for (const auto& line : lines) {
      auto text = text_of(log, *eni, line);
      if (log.group_name.empty())
        file.push_back(std::move(text));
      else
        stream.events.push_back({line.record.start_s * 1000, std::move(text)});
    }
    std::stable_sort(stream.events.begin(), stream.events.end(),
                     [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; });
    if (!stream.events.empty()) out.streams.push_back(std::move(stream));
  }
  if (file.empty()) return;
  try {
    write_log_file(directory_, log, file, turn.stretch.ended_ms);
  } catch (const std::exception& error) {
    spdlog::error("flow log {}: {}", log.flow_log_id, error.what());
  }
}

}  // namespace enibox::flow_logs
