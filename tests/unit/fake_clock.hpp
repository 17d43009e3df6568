#pragma once
#include <map>
#include <utility>
#include <vector>

#include "emulator/clock.hpp"

namespace enibox {

// Time that a test turns by hand. advance() fires what falls due, in order; posted actions run with
// run_posted() or advance().
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t start_ms = 1'700'000'000'000) : now_ms_(start_ms) {}

  std::int64_t now_ms() const override { return now_ms_; }

  std::unique_ptr<Timer> after(Milliseconds delay, std::function<void()> action) override {
    const auto id = next_id_++;
    timers_.emplace(std::pair(now_ms_ + delay.count(), id), std::move(action));
    return std::make_unique<Handle>(*this, std::pair(now_ms_ + delay.count(), id));
  }

  void post(std::function<void()> action) override { posted_.push_back(std::move(action)); }

  void run_posted() {
    while (!posted_.empty()) {
      const auto actions = std::exchange(posted_, {});
      for (const auto& action : actions) action();
    }
  }

  void advance(Milliseconds by) {
    const auto until = now_ms_ + by.count();
    run_posted();
    while (!timers_.empty() && timers_.begin()->first.first <= until) {
      const auto node = timers_.extract(timers_.begin());
      now_ms_ = node.key().first;
      node.mapped()();
      run_posted();
    }
    now_ms_ = until;
  }

 private:
  using Key = std::pair<std::int64_t, std::uint64_t>;
  struct Handle final : Timer {
    Handle(FakeClock& clock, Key key) : clock_(clock), key_(key) {}
    ~Handle() override { clock_.timers_.erase(key_); }
    FakeClock& clock_;
    Key key_;
  };

  std::int64_t now_ms_;
  std::uint64_t next_id_ = 0;
  std::map<Key, std::function<void()>> timers_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace enibox
