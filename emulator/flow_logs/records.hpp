#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "emulator/flow_logs/format.hpp"

// From what a router counted to the records of its interfaces. Pure; used by one thread.
namespace enibox::flow_logs {

struct EniRecord {
  std::string eni_id;
  FlowRecord record;  // without times
};

// One record for each direction of a flow at each interface: the receiver's from the counters, the
// sender's from the same ones, since what passed or was refused at the receiver had passed at the
// sender.
std::vector<EniRecord> records_of(const vpc::FlowReading& reading,
                                  const std::vector<vpc::CountedEni>& enis);

enum class Traffic { kAll, kAccept, kReject };

// Sums one flow log's records up to the end of its aggregation interval. Bounded: flows beyond
// kMostFlows leave SKIPDATA at their interface.
class Window {
 public:
  static constexpr std::size_t kMostFlows = 50'000;

  // The time that a record covers; milliseconds of Unix time.
  struct Span {
    std::int64_t from_ms = 0, to_ms = 0;
  };

  explicit Window(Traffic traffic) : traffic_(traffic) {}

  // An interface that is in the flow log's scope and was there in that time.
  void present(const std::string& eni_id, Span span);
  void lost(const std::string& eni_id) { lost_.insert(eni_id); }
  void add(const EniRecord& record, Span span);

  // The records of one interface, or of all, and forgets them.
  struct Line {
    LogStatus status = LogStatus::kOk;
    FlowRecord record;  // for NODATA and SKIPDATA only its times
  };
  using Lines = std::map<std::string, std::vector<Line>>;  // by interface
  std::vector<Line> take(const std::string& eni_id);
  Lines take_all();

 private:
  struct Key {
    vpc::FlowTuple tuple;
    bool egress = false, accepted = true;
    auto operator<=>(const Key&) const = default;
  };
  struct Eni {
    std::int64_t from_ms = 0, to_ms = 0;
    std::map<Key, FlowRecord> flows;
  };
  std::vector<Line> lines_of(const std::string& eni_id, const Eni& eni) const;

  Traffic traffic_;
  std::map<std::string, Eni> enis_;
  std::set<std::string> lost_;
  std::size_t flows_ = 0;
};

}  // namespace enibox::flow_logs
