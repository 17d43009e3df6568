#include "emulator/flow_logs/records.hpp"

#include <algorithm>
#include <utility>

namespace enibox::flow_logs {
namespace {

using vpc::FlowTuple;

struct Sum {
  std::uint64_t packets = 0, bytes = 0;
};
using Sums = std::map<FlowTuple, Sum>;
using Flags = std::map<FlowTuple, std::uint8_t>;

struct Known {
  const vpc::CountedEni* eni = nullptr;
  std::uint32_t address = 0;  // the primary one
};

Flags flags_of(const std::vector<vpc::FlowFlags>& all) {
  Flags flags;
  for (const auto& [tuple, bits] : all) flags[tuple] |= bits;
  return flags;
}

std::uint8_t find_flags(const Flags& flags, const FlowTuple& tuple) {
  const auto found = flags.find(tuple);
  return found == flags.end() ? std::uint8_t{0} : found->second;
}

void add(Sums& sums, const vpc::FlowCount& count) {
  auto& sum = sums[count.tuple];
  sum.packets += count.packets;
  sum.bytes += count.bytes;
}

class Maker {
 public:
  explicit Maker(const std::vector<vpc::CountedEni>& enis) {
    for (const auto& eni : enis) {
      const auto parsed = vpc::IpAddress::parse(eni.address);
      if (!parsed || parsed->is_v6()) continue;
      const Known known{&eni, parsed->to_v4()};
      by_number_[eni.number] = known;
      own(known.address, known);
      for (const auto& other : eni.secondary_addresses)
        if (const auto address = vpc::IpAddress::parse(other); address && !address->is_v6())
          own(address->to_v4(), known);
    }
  }

  const Known* by_number(int number) const { return find(by_number_, number); }
  const Known* by_address(std::uint32_t address) const { return find(by_address_, address); }

  void put(const Known& known, const FlowTuple& tuple, const Sum& sum, FlowRecord record) {
    if (sum.packets == 0) return;
    record.tuple = tuple;
    record.source = record.egress ? known.address : tuple.source;
    record.destination = record.egress ? tuple.destination : known.address;
    record.packets = sum.packets;
    record.bytes = sum.bytes;
    made_.push_back({known.eni->eni_id, record});
  }

  std::vector<EniRecord> take() { return std::move(made_); }

 private:
  // An address that went from one interface to another: the one that is there now.
  void own(std::uint32_t address, const Known& known) {
    auto& owner = by_address_[address];
    if (owner.eni == nullptr || owner.eni->gone) owner = known;
  }
  template <typename Map, typename Key>
  static const Known* find(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  }

  std::map<int, Known> by_number_;
  std::map<std::uint32_t, Known> by_address_;
  std::vector<EniRecord> made_;
};

FlowRecord kind(bool egress, bool accepted, std::uint8_t flags) {
  FlowRecord record;
  record.egress = egress;
  record.accepted = accepted;
  record.tcp_flags = flags;
  return record;
}

}  // namespace

std::vector<EniRecord> records_of(const vpc::FlowReading& reading,
                                  const std::vector<vpc::CountedEni>& enis) {
  Maker maker(enis);
  const Flags passed = flags_of(reading.passed_flags);
  const Flags refused_in = flags_of(reading.refused_in_flags);
  const Flags refused_out = flags_of(reading.refused_out_flags);
  Sums left_sender;  // whatever went beyond its sender's side
  for (const auto& count : reading.passed) {
    add(left_sender, count);
    if (const auto* eni = maker.by_number(count.eni))
      maker.put(*eni, count.tuple, {count.packets, count.bytes},
                kind(false, true, find_flags(passed, count.tuple)));
  }
  for (const auto& count : reading.refused_in) {
    add(left_sender, count);
    if (const auto* eni = maker.by_number(count.eni))
      maker.put(*eni, count.tuple, {count.packets, count.bytes},
                kind(false, false, find_flags(refused_in, count.tuple)));
  }
  for (const auto& count : reading.refused_out) {
    if (const auto* eni = maker.by_number(count.eni))
      maker.put(*eni, count.tuple, {count.packets, count.bytes},
                kind(true, false, find_flags(refused_out, count.tuple)));
  }
  const auto sent_flags = [&](const FlowTuple& tuple) {
    return static_cast<std::uint8_t>(find_flags(passed, tuple) | find_flags(refused_in, tuple));
  };
  Sums by_unchecked;
  for (const auto& count : reading.sent) {
    add(by_unchecked, count);
    if (const auto* eni = maker.by_number(count.eni))
      maker.put(*eni, count.tuple, {count.packets, count.bytes},
                kind(true, true, sent_flags(count.tuple)));
  }
  for (const auto& [tuple, sum] : left_sender) {
    const auto* eni = maker.by_address(tuple.source);
    if (eni == nullptr || !eni->eni->source_dest_check) continue;
    const auto others = by_unchecked.find(tuple);  // passed on by an appliance
    Sum own = sum;
    if (others != by_unchecked.end()) {
      own.packets -= std::min(own.packets, others->second.packets);
      own.bytes -= std::min(own.bytes, others->second.bytes);
    }
    maker.put(*eni, tuple, own, kind(true, true, sent_flags(tuple)));
  }
  return maker.take();
}

void Window::present(const std::string& eni_id, Span span) {
  const auto [found, is_new] = enis_.try_emplace(eni_id);
  if (is_new) found->second.from_ms = span.from_ms;
  found->second.to_ms = std::max(found->second.to_ms, span.to_ms);
}

void Window::add(const EniRecord& made, Span span) {
  const auto& record = made.record;
  if (traffic_ != Traffic::kAll && record.accepted != (traffic_ == Traffic::kAccept)) return;
  present(made.eni_id, span);
  auto& flows = enis_.at(made.eni_id).flows;
  const Key key{record.tuple, record.egress, record.accepted};
  auto found = flows.find(key);
  if (found == flows.end()) {
    if (flows_ >= kMostFlows) return lost(made.eni_id);
    ++flows_;
    found = flows.emplace(key, record).first;
    found->second.packets = found->second.bytes = 0;
    found->second.start_s = span.from_ms / 1000;
  }
  auto& sum = found->second;
  sum.packets += record.packets;
  sum.bytes += record.bytes;
  sum.tcp_flags |= record.tcp_flags;
  sum.end_s = span.to_ms / 1000;
}

std::vector<Window::Line> Window::lines_of(const std::string& eni_id, const Eni& eni) const {
  std::vector<Line> lines;
  for (const auto& [key, record] : eni.flows) lines.push_back({LogStatus::kOk, record});
  Line bare;
  bare.record.start_s = eni.from_ms / 1000;
  bare.record.end_s = eni.to_ms / 1000;
  bare.status = lost_.contains(eni_id) ? LogStatus::kSkipData : LogStatus::kNoData;
  if (lines.empty() || bare.status == LogStatus::kSkipData) lines.push_back(bare);
  return lines;
}

std::vector<Window::Line> Window::take(const std::string& eni_id) {
  const auto found = enis_.find(eni_id);
  if (found == enis_.end()) return {};
  auto lines = lines_of(eni_id, found->second);
  flows_ -= found->second.flows.size();
  enis_.erase(found);
  lost_.erase(eni_id);
  return lines;
}

Window::Lines Window::take_all() {
  Lines all;
  for (const auto& [id, eni] : enis_) all.emplace(id, lines_of(id, eni));
  enis_.clear();
  lost_.clear();
  flows_ = 0;
  return all;
}

}  // namespace enibox::flow_logs
