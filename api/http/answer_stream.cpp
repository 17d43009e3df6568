#include "api/http/answer_stream.hpp"

#include "api/http/guarded.hpp"

namespace enibox::api::http {

void AnswerStream::write(std::string bytes) {
  if (!connection_ || bytes.empty()) return;
  // The connection may end inside, and take our reference with it.
  const auto connection = connection_;
  connection->write_streamed(std::move(bytes));
  if (connection->queued() > kLowWaterBytes) above_low_water_ = true;
  if (connection->queued() > kMaxQueuedBytes) connection->cut();
}

void AnswerStream::end() {
  if (const auto connection = connection_) connection->end_streamed();
}

void AnswerStream::abort() {
  if (const auto connection = connection_) connection->cut();
}

void AnswerStream::on_progress() {
  if (!above_low_water_ || queued_bytes() > kLowWaterBytes) return;
  above_low_water_ = false;
  if (!guarded("stream drained", events_.on_drained)) abort();
}

std::function<void()> AnswerStream::finish() {
  connection_.reset();
  return [events = std::exchange(events_, {})] { guarded("stream end", events.on_closed); };
}

}  // namespace enibox::api::http
