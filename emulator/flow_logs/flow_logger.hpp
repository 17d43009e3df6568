#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulator/clock.hpp"
#include "emulator/flow_logs/collector.hpp"
#include "emulator/logs/sink.hpp"
#include "emulator/vpc/flow_counting.hpp"

namespace enibox::flow_logs {

// What the logger asks of the rows.
class Source {
 public:
  virtual ~Source() = default;
  // Every flow log whose resource is there, by VPC.
  virtual std::map<std::string, std::vector<FlowLogSpec>> flow_logs() = 0;
  // What does not change in an interface's life; nothing when its row is gone.
  virtual std::optional<EniFacts> facts(const std::string& eni_id) = 0;
  // What does: the task's containers, the subnet's routes. Called when records are to be written.
  virtual void refresh(EniFacts& facts) = 0;
};

// Keeps flow logs: lets the network count in VPCs that have one, ends a stretch of counting every
// few seconds, lets a thread turn it into records and hands those to CloudWatch Logs. Loop thread
// only.
class FlowLogger {
 public:
  // Runs the work on the one thread that records are made on, in order.
  using Run = std::function<void(std::function<Collected()>, Done<Collected>)>;

  struct Parts {
    Clock& clock;
    vpc::FlowCounting& network;
    Source& source;
    logs::Sink& sink;
    Run run;
    std::string files_directory;
  };
  explicit FlowLogger(Parts parts);

  // Flow logs, or the VPCs they belong to, have changed; also at start-up.
  void changed();
  // An interface gets its device: it may be gone again before the stretch ends.
  void interface_made(const std::string& eni_id);
  // Writes what was counted up to now, then calls `done`. Nothing is counted from then on.
  void finish(std::function<void()> done);

 private:
  struct Vpc {
    std::vector<FlowLogSpec> flow_logs;
    Facts facts;
    std::int64_t began_ms = 0;
    bool busy = false;     // a stretch is being read
    bool crowded = false;  // the stretch before was
    bool closed = false;   // its last stretch is being written
    std::unique_ptr<Clock::Timer> timer;
  };

  void announce_files(const std::map<std::string, std::vector<FlowLogSpec>>& all);
  void count(const std::string& vpc_id);
  void stop_counting(const std::string& vpc_id);
  void schedule(const std::string& vpc_id);
  void end_stretch(const std::string& vpc_id);
  void collect(const std::string& vpc_id, vpc::FlowStretch stretch);
  void collected(const std::string& vpc_id, Outcome<Collected> outcome);
  void learn(Vpc& vpc, const vpc::FlowStretch& stretch);
  void deliver();
  void deliver(const StreamEvents& stream);
  void look_whether_finished();

  Parts parts_;
  std::shared_ptr<Collector> collector_;
  std::map<std::string, Vpc> vpcs_;
  std::vector<StreamEvents> waiting_;  // to be delivered, in order
  std::unique_ptr<Clock::Timer> delivery_, deadline_;
  std::function<void()> finished_;
  bool announced_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace enibox::flow_logs
