#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/clock.hpp"
#include "emulator/logs/log_rows.hpp"
#include "emulator/logs/sink.hpp"

// The rules of CloudWatch Logs; also what the awslogs driver writes into. Errors: AwsError with
// the service's codes. Loop thread only.
namespace enibox::logs {

class LogStore final : public Sink {
 public:
  LogStore(store::Database& db, const Clock& clock) : db_(db), clock_(clock), rows_(db) {}

  void create_group(const std::string& region, const std::string& group) override;
  void create_stream(const std::string& region, const std::string& group,
                     const std::string& stream) override;
  void append(const std::string& region, const std::string& group, const std::string& stream,
              const std::vector<Event>& events) override;

  // Throw ResourceNotFoundException.
  GroupRow group(const std::string& region, const std::string& name);
  StreamRow stream(const GroupRow& group, const std::string& name);
  // Adds events to a stream and keeps its times; no checks.
  void insert(const GroupRow& group, StreamRow stream, const std::vector<Event>& events);

  // Hears of what is put, within its transaction.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void events_came(const GroupRow& group, const StreamRow& stream,
                             const std::vector<Event>& events) = 0;
  };
  void listen(std::weak_ptr<Listener> listener) { listeners_.push_back(std::move(listener)); }

  // Retention cuts off what is older, whether it was swept yet or not.
  TimeRange visible(const GroupRow& group, TimeRange range) const;
  // Deletes what retention has outlived. For a timer, hourly or so.
  void sweep();

  store::Database& db() { return db_; }
  LogRows& rows() { return rows_; }
  std::int64_t now_ms() const { return clock_.now_ms(); }

 private:
  store::Database& db_;
  const Clock& clock_;
  LogRows rows_;
  std::vector<std::weak_ptr<Listener>> listeners_;
};

}  // namespace enibox::logs
