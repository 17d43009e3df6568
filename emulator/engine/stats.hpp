#pragma once
#include <memory>
#include <optional>
#include <string>

#include "emulator/clock.hpp"
#include "emulator/containers/runtime.hpp"
#include "emulator/engine/call.hpp"
#include "emulator/engine/source.hpp"

namespace enibox::engine {

// `docker stats`: a sample a second of a container's control group. A sample carries the one before
// it, from which the client computes percentages. Loop thread only.
class Stats {
 public:
  Stats(containers::Runtime& runtime, Clock& clock) : runtime_(runtime), clock_(clock) {}

  void answer(const Call& call, const EngineContainer& container, const EngineHost& host);

 private:
  struct Sample {
    std::int64_t at_ms = 0;
    std::uint64_t system_cpu_ns = 0;
    containers::Usage usage;
  };
  struct Watch : std::enable_shared_from_this<Watch> {
    Watch(containers::Runtime& the_runtime, Clock& the_clock)
        : runtime(the_runtime), clock(the_clock) {}
    void take_sample();
    void sampled(const containers::Usage& usage);
    void failed(const std::string& why);
    void again();
    Json view(const Sample& now) const;

    containers::Runtime& runtime;
    Clock& clock;
    Call call;
    EngineContainer container;
    EngineHost host;
    bool streams = false, one_shot = false;
    std::optional<Sample> last;
    std::shared_ptr<api::http::ByteStream> stream;
    std::unique_ptr<Clock::Timer> timer;
  };

  containers::Runtime& runtime_;
  Clock& clock_;
};

}  // namespace enibox::engine
