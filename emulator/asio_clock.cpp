#include "emulator/asio_clock.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace enibox {
namespace {

class AsioTimer final : public Clock::Timer {
 public:
  AsioTimer(boost::asio::io_context& loop, Clock::Milliseconds delay, std::function<void()> action)
      : timer_(loop, delay) {
    // A timer that is gone may still have its expiry in the queue: the action must not run then.
    timer_.async_wait([alive = std::weak_ptr<bool>(alive_),
                       action = std::move(action)](boost::system::error_code error) {
      if (!error && !alive.expired()) action();
    });
  }

 private:
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  boost::asio::steady_timer timer_;
};

}  // namespace

std::int64_t AsioClock::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::unique_ptr<Clock::Timer> AsioClock::after(Milliseconds delay, std::function<void()> action) {
  return std::make_unique<AsioTimer>(loop_, delay, std::move(action));
}

void AsioClock::post(std::function<void()> action) { boost::asio::post(loop_, std::move(action)); }

}  // namespace enibox
