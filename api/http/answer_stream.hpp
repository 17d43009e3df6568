#pragma once
#include <memory>
#include <string>

#include "api/http/byte_stream.hpp"
#include "api/http/connection.hpp"

namespace enibox::api::http {

// The body of an answer written bit by bit; HTTP goes on below it.
class AnswerStream final : public ByteStream {
 public:
  explicit AnswerStream(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  void listen(Events events) override { events_ = std::move(events); }
  void write(std::string bytes) override;
  std::size_t queued_bytes() const override { return connection_ ? connection_->queued() : 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  void end() override;
  void abort() override;
  bool is_open() const override { return connection_ != nullptr; }

  // From the connection.
  void on_progress();
  // Lets go of the connection; gives what must be called later (never from within a call).
  std::function<void()> finish();

 private:
  std::shared_ptr<Connection> connection_;
  Events events_;
  bool above_low_water_ = false;
};

}  // namespace enibox::api::http
