#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/flow_logs/bucket.hpp"
#include "emulator/flow_logs/format.hpp"
#include "emulator/flow_logs/records.hpp"
#include "emulator/logs/sink.hpp"
#include "emulator/vpc/flow_reading.hpp"

namespace enibox::flow_logs {

// A flow log as its row says. AWS: FlowLog.
struct FlowLogSpec {
  std::string flow_log_id, account_id, region;
  std::string resource_id;  // of a VPC, a subnet or an interface
  Traffic traffic = Traffic::kAll;
  std::int64_t interval_ms = 600'000;
  Format format;
  std::string group_name;  // of CloudWatch Logs; empty: files
  Bucket bucket;
};

// What is known of the interfaces, by id.
using Facts = std::map<std::string, EniFacts>;

// Everything one turn needs, as values: the collector's thread sees no rows.
struct Turn {
  std::string vpc_id;
  std::vector<FlowLogSpec> flow_logs;  // of that VPC; others' sums are forgotten
  Facts facts;
  vpc::FlowStretch stretch;
  std::int64_t began_ms = 0;
  bool last = false;  // the VPC is counted no longer: everything is to be written
};

// Events for one stream of CloudWatch Logs.
struct StreamEvents {
  std::string region, group, stream;
  std::vector<logs::Event> events;
};

struct Collected {
  std::vector<StreamEvents> streams;
  bool crowded = false;  // the kernel's sets are filling: read sooner
};

// Turns stretches of counting into records and sums them up to each flow log's interval. Used by
// one thread, which also writes the files.
class Collector {
 public:
  explicit Collector(std::string files_directory) : directory_(std::move(files_directory)) {}

  // Throws std::system_error when the counters cannot be read; a file that cannot be written is
  // logged.
  Collected take(const Turn& turn);
  // Drops what was summed up of a VPC.
  void forget(const std::string& vpc_id) { vpcs_.erase(vpc_id); }

 private:
  struct Open {
    Window window;
    std::int64_t index = 0;  // of the interval, since 1970
  };
  using Windows = std::map<std::string, Open>;  // by flow log

  void deliver(const Turn& turn, const FlowLogSpec& log, const Window::Lines& lines,
               Collected& out);

  std::string directory_;
  std::map<std::string, Windows> vpcs_;
};

}  // namespace enibox::flow_logs
