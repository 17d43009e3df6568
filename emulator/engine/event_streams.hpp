#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/clock.hpp"
#include "emulator/engine/call.hpp"
#include "emulator/engine/filters.hpp"
#include "emulator/engine/source.hpp"

namespace enibox::engine {

// `docker events`, which `docker stats` keeps open too. Loop thread only.
class EventStreams {
 public:
  explicit EventStreams(Clock& clock) : clock_(clock) {}

  void answer(const Call& call);
  // `action`: "create", "start", "die", "kill", "stop", "destroy", ...; `more` attributes of it.
  void publish(const std::string& host_id, const EngineContainer& container,
               const std::string& action, const std::map<std::string, std::string>& more);
  void forget_host(const std::string& host_id);

 private:
  struct Listener {
    std::string host_id;
    Filters filters;
    std::shared_ptr<api::http::ByteStream> stream;
    std::unique_ptr<Clock::Timer> until;
  };
  struct Past {
    std::string host_id;
    std::int64_t at_ms;
    Json event;
  };
  static bool wants(const Filters& filters, const Json& event);
  using Listeners = std::vector<std::shared_ptr<Listener>>;
  static void forget(Listeners& listeners, const Listener* listener);

  Clock& clock_;
  // Shared with the streams, whose end may come after this object's.
  std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
  std::deque<Past> past_;  // for --since; the newest
};

}  // namespace enibox::engine
