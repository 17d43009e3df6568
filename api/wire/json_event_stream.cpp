#include "api/wire/json_event_stream.hpp"

#include <algorithm>
#include <stdexcept>

#include "api/wire/json_codec.hpp"

namespace enibox::api {
namespace {

constexpr const char* kJson = "application/json";

const Shape& events_of(const Operation& operation) {
  if (operation.output != nullptr) {
    for (const auto& member : operation.output->members) {
      if (member.shape->event_stream) return *member.shape;
    }
  }
  throw std::logic_error(operation.name + " answers no stream of events");
}

class JsonEventStream final : public EventStream {
 public:
  JsonEventStream(const Operation& operation, std::shared_ptr<http::ByteStream> bytes)
      : events_(events_of(operation)), bytes_(std::move(bytes)) {}

  void begin(const Operation& operation, const Json& output) {
    http::ByteStream::Events events;
    events.on_closed = [closed = closed_] {
      if (*closed) std::exchange(*closed, {})();
    };
    bytes_->listen(std::move(events));
    write("event", "initial-response", encode_json(operation.output, output));
  }
  void send(const std::string& event, const Json& value) override {
    write("event", event, encode_json(shape_of(event), value));
  }
  void fail(const AwsError& error) override {
    const Json value = {{"message", error.message()}};
    write("exception", error.code(), encode_json(shape_of(error.code()), value));
    end();
  }
  void end() override { bytes_->end(); }
  bool is_open() const override { return bytes_->is_open(); }
  std::size_t queued_bytes() const override { return bytes_->queued_bytes(); }
  void on_closed(std::function<void()> action) override { *closed_ = std::move(action); }

 private:
  const Shape* shape_of(const std::string& event) const {
    const auto* member = events_.find(event);
    if (member == nullptr) throw std::logic_error("the stream has no event " + event);
    return member->shape;
  }
  void write(const std::string& kind, const std::string& type, const std::string& payload) {
    if (!bytes_->is_open()) return;
    bytes_->write(event_message({{":message-type", kind},
                                 {kind == "event" ? ":event-type" : ":exception-type", type},
                                 {":content-type", kJson}},
                                payload));
  }

  const Shape& events_;
  std::shared_ptr<http::ByteStream> bytes_;
  // Outlives this: the connection tells its end later.
  std::shared_ptr<std::function<void()>> closed_ = std::make_shared<std::function<void()>>();
};

}  // namespace

std::shared_ptr<EventStream> make_json_event_stream(const Operation& operation, const Json& output,
                                                    std::shared_ptr<http::ByteStream> bytes) {
  auto stream = std::make_shared<JsonEventStream>(operation, std::move(bytes));
  stream->begin(operation, output);
  return stream;
}

}  // namespace enibox::api
