#pragma once
#include <memory>
#include <string>
#include <vector>

#include "emulator/clock.hpp"
#include "emulator/containers/runtime.hpp"
#include "emulator/engine/call.hpp"
#include "emulator/engine/frames.hpp"
#include "emulator/engine/source.hpp"

namespace enibox::engine {

// `docker logs [-f]`: what is kept, then what comes. Loop thread only.
class LogStreams {
 public:
  LogStreams(containers::Runtime& runtime, Clock& clock) : runtime_(runtime), clock_(clock) {}

  void answer(const Call& call, const EngineContainer& container);

  // Runtime::Events::logged and ::container_exited.
  void logged(const std::string& container_id, const std::vector<containers::LogLine>& lines);
  void ended(const std::string& container_id);

 private:
  struct Follower {
    std::string container_id;
    LogFormat format;
    std::shared_ptr<api::http::ByteStream> stream;
    bool caught_up = false, container_ended = false;
    std::vector<containers::LogLine> arrived;  // while what is kept is being read
  };
  using Followers = std::vector<std::shared_ptr<Follower>>;
  void begin(const std::shared_ptr<Follower>& follower,
             const std::vector<containers::LogLine>& kept);
  static void forget(Followers& followers, const Follower* follower);

  containers::Runtime& runtime_;
  Clock& clock_;
  // Shared with the streams, whose end may come after this object's.
  std::shared_ptr<Followers> followers_ = std::make_shared<Followers>();
};

}  // namespace enibox::engine
