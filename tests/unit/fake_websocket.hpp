#pragma once
#include <string>
#include <utility>
#include <vector>

#include "api/http/websocket.hpp"
#include "emulator/clock.hpp"

namespace enibox::api::http {

// A socket in memory: what is sent is kept, what the test says arrives.
class FakeWebSocket final : public WebSocket {
 public:
  explicit FakeWebSocket(Clock& clock) : clock_(clock) {}

  std::vector<std::string> sent;
  bool closed = false;

  void arrive(std::string_view message, bool is_text) {
    if (!closed) events_.on_message(message, is_text);
  }
  void lose() { end(); }

  void listen(Events events) override { events_ = std::move(events); }
  void send_text(std::string message) override { send_binary(std::move(message)); }
  void send_binary(std::string message) override {
    if (!closed) sent.push_back(std::move(message));
  }
  std::size_t queued_bytes() const override { return 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  void close(std::uint16_t, std::string) override { end(); }
  void abort() override { end(); }
  bool is_open() const override { return !closed; }

 private:
  void end() {
    if (std::exchange(closed, true)) return;
    clock_.post([on_closed = events_.on_closed] {
      if (on_closed) on_closed();
    });
  }

  Clock& clock_;
  Events events_;
};

}  // namespace enibox::api::http
