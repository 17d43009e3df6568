#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace enibox {

// The loop's clock and timers: a seam, so that unit tests turn time by hand. Loop thread only.
class Clock {
 public:
  using Milliseconds = std::chrono::milliseconds;
  // Cancels its timer when it goes out of scope.
  class Timer {
   public:
    virtual ~Timer() = default;
  };

  virtual ~Clock() = default;
  // Unix time in milliseconds.
  virtual std::int64_t now_ms() const = 0;
  // Calls `action` once on the loop thread after `delay`.
  [[nodiscard]] virtual std::unique_ptr<Timer> after(Milliseconds delay,
                                                     std::function<void()> action) = 0;
  // Calls `action` on the loop thread, after what runs now.
  virtual void post(std::function<void()> action) = 0;
};

// AWS timestamps in JSON: seconds with a millisecond fraction.
inline double aws_seconds(std::int64_t unix_ms) { return static_cast<double>(unix_ms) / 1000.0; }

}  // namespace enibox
