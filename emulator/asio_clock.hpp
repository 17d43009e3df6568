#pragma once
#include <boost/asio/io_context.hpp>

#include "emulator/clock.hpp"

namespace enibox {

// The real clock: the wall's time, timers of the loop.
class AsioClock final : public Clock {
 public:
  explicit AsioClock(boost::asio::io_context& loop) : loop_(loop) {}

  std::int64_t now_ms() const override;
  [[nodiscard]] std::unique_ptr<Timer> after(Milliseconds delay,
                                             std::function<void()> action) override;
  void post(std::function<void()> action) override;

 private:
  boost::asio::io_context& loop_;
};

}  // namespace enibox
