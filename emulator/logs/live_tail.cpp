#include "emulator/logs/live_tail.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "api/wire/request_id.hpp"
#include "emulator/logs/event_operations.hpp"
#include "emulator/logs/filter_pattern.hpp"

namespace enibox::logs {
namespace {

// CloudWatch's: one update a second of at most 500 events, three hours, 15 sessions.
constexpr auto kUpdateEvery = std::chrono::seconds(1);
constexpr std::size_t kMostEvents = 500;
constexpr std::int64_t kLongest_ms = 3 * 3'600'000;
constexpr std::size_t kMostSessions = 15;
// A client that lets this much lie unread is given nothing more until it reads.
constexpr std::size_t kMostUnread = 4 << 20;

using Groups = std::map<std::pair<std::string, std::string>, std::string>;

AwsError invalid(const std::string& message) { return {"InvalidParameterException", message}; }

std::vector<std::string> texts(const Json& in, const char* member) {
  return in.value(member, std::vector<std::string>());
}

}  // namespace

class LiveTail::Session : public std::enable_shared_from_this<Session> {
 public:
  // What is listened to: groups by region and name (the id of one that is gone may be another's)
  // with the ARNs that events carry, the streams, the pattern.
  struct Wanted {
    Groups groups;
    std::vector<std::string> streams, prefixes;
    FilterPattern pattern;
    Json start;  // the event sessionStart
  };

  Session(LiveTail& owner, Wanted wanted, std::shared_ptr<api::EventStream> stream)
      : owner_(owner),
        wanted_(std::move(wanted)),
        stream_(std::move(stream)),
        ends_ms_(owner.clock_.now_ms() + kLongest_ms) {}

  void begin() {
    stream_->on_closed([tail = owner_.weak_from_this(), session = weak_from_this()] {
      const auto owner = tail.lock();
      if (const auto self = session.lock(); owner && self) owner->forget(self.get());
    });
    stream_->send("sessionStart", wanted_.start);
    wait();
  }

  void take(const GroupRow& group, const StreamRow& stream, const std::vector<Event>& events) {
    const auto arn = wanted_.groups.find({group.region, group.name});
    if (arn == wanted_.groups.end() || !wants(stream.name)) return;
    for (const auto& event : events) {
      if (!wanted_.pattern.matches(event.message)) continue;
      if (results_.size() >= kMostEvents || stream_->queued_bytes() > kMostUnread) {
        sampled_ = true;
        return;
      }
      results_.push_back({{"logStreamName", stream.name},
                          {"logGroupIdentifier", arn->second},
                          {"message", event.message},
                          {"timestamp", event.timestamp_ms},
                          {"ingestionTime", stream.ingested_ms.value_or(event.timestamp_ms)}});
    }
  }

 private:
  bool wants(const std::string& stream) const {
    if (wanted_.streams.empty() && wanted_.prefixes.empty()) return true;
    const auto& names = wanted_.streams;
    return std::find(names.begin(), names.end(), stream) != names.end() ||
           std::any_of(wanted_.prefixes.begin(), wanted_.prefixes.end(),
                       [&](const std::string& prefix) { return stream.starts_with(prefix); });
  }
  void wait() {
    timer_ = owner_.clock_.after(kUpdateEvery, [session = weak_from_this()] {
      if (const auto self = session.lock()) self->update();
    });
  }
  void update() {
    if (owner_.clock_.now_ms() >= ends_ms_) {
      return stream_->fail(AwsError("SessionTimeoutException", "The session has timed out."));
    }
    if (stream_->queued_bytes() <= kMostUnread) {
      stream_->send("sessionUpdate",
                    {{"sessionMetadata", {{"sampled", std::exchange(sampled_, false)}}},
                     {"sessionResults", std::exchange(results_, Json::array())}});
    }
    wait();
  }

  LiveTail& owner_;
  Wanted wanted_;
  std::shared_ptr<api::EventStream> stream_;
  std::int64_t ends_ms_;
  Json results_ = Json::array();
  bool sampled_ = false;
  std::unique_ptr<Clock::Timer> timer_;
};

api::Answer LiveTail::start(const api::RequestContext& request, const Json& in) {
  const auto identifiers = texts(in, "logGroupIdentifiers");
  auto streams = texts(in, "logStreamNames"), prefixes = texts(in, "logStreamNamePrefixes");
  if (!streams.empty() && !prefixes.empty()) {
    throw invalid("logStreamNames and logStreamNamePrefixes cannot be used together.");
  }
  if (identifiers.size() > 1 && !(streams.empty() && prefixes.empty())) {
    throw invalid(
        "Log streams can only be specified with exactly one element in logGroupIdentifiers.");
  }
  Groups groups;
  for (const auto& identifier : identifiers) {
    if (!identifier.starts_with("arn:")) {
      throw invalid("The log group identifier '" + identifier + "' is not an ARN.");
    }
    const auto group =
        logs_.group(request.region, group_name_of({{"logGroupIdentifier", identifier}}));
    groups[{group.region, group.name}] = request.arn("logs", "log-group:" + group.name);
  }
  Json start = {{"requestId", request.request_id},
                {"sessionId", api::new_request_id()},
                {"logGroupIdentifiers", identifiers},
                {"logStreamNames", streams},
                {"logStreamNamePrefixes", prefixes},
                {"logEventFilterPattern", in.value("logEventFilterPattern", "")}};
  auto wanted = std::make_shared<Session::Wanted>(
      Session::Wanted{std::move(groups), std::move(streams), std::move(prefixes),
                      FilterPattern(in.value("logEventFilterPattern", "")), std::move(start)});
  if (sessions_.size() >= kMostSessions) {
    throw AwsError("LimitExceededException", "The maximum number of Live Tail sessions is open.");
  }
  api::Answer answer = Json::object();
  answer.events = [this, wanted](std::shared_ptr<api::EventStream> stream) {
    sessions_.push_back(std::make_shared<Session>(*this, std::move(*wanted), std::move(stream)));
    sessions_.back()->begin();
  };
  return answer;
}

void LiveTail::events_came(const GroupRow& group, const StreamRow& stream,
                           const std::vector<Event>& events) {
  for (const auto& session : sessions_) session->take(group, stream, events);
}

void LiveTail::forget(const Session* session) {
  std::erase_if(sessions_, [&](const auto& each) { return each.get() == session; });
}

}  // namespace enibox::logs
