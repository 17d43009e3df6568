#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "api/json.hpp"

// Answers that go on: application/vnd.amazon.eventstream. Loop thread only.
namespace enibox::api {

// Where an operation writes the events of its answer; a call after the end does nothing.
class EventStream {
 public:
  virtual ~EventStream() = default;
  // `event` and its value as in the model: "sessionUpdate".
  virtual void send(const std::string& event, const Json& value) = 0;
  // The last event, an exception of the model; ends the stream.
  virtual void fail(const AwsError& error) = 0;
  virtual void end() = 0;
  virtual bool is_open() const = 0;
  // What the client has not read yet.
  virtual std::size_t queued_bytes() const = 0;
  // Called once when the client is gone or the stream has ended, never from within a call.
  virtual void on_closed(std::function<void()> action) = 0;
};

// The headers of a message, all of type string.
using EventHeaders = std::vector<std::pair<std::string, std::string>>;

// One message: lengths, their CRC, headers, payload, the CRC of it all. Pure.
std::string event_message(const EventHeaders& headers, std::string_view payload);

}  // namespace enibox::api
