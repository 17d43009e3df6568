#pragma once
#include <memory>
#include <string>
#include <vector>

#include "api/wire/event_stream.hpp"
#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/logs/log_store.hpp"

// StartLiveTail: what is put into log groups, told once a second to who listens. Loop thread only.
namespace enibox::logs {

class LiveTail final : public LogStore::Listener, public std::enable_shared_from_this<LiveTail> {
 public:
  // Both outlive this.
  LiveTail(LogStore& logs, Clock& clock) : logs_(logs), clock_(clock) {}

  // The operation. The session lasts until its client is gone, three hours at most. Throws
  // InvalidParameterException, ResourceNotFoundException, LimitExceededException.
  api::Answer start(const api::RequestContext& request, const Json& in);

  void events_came(const GroupRow& group, const StreamRow& stream,
                   const std::vector<Event>& events) override;

  std::size_t sessions() const { return sessions_.size(); }

 private:
  class Session;
  void forget(const Session* session);

  LogStore& logs_;
  Clock& clock_;
  std::vector<std::shared_ptr<Session>> sessions_;
};

}  // namespace enibox::logs
