#pragma once
#include <memory>
#include <string>

#include "api/http/byte_stream.hpp"
#include "api/wire/event_stream.hpp"
#include "api/wire/shape.hpp"

namespace enibox::api {

inline constexpr std::string_view kEventStreamType = "application/vnd.amazon.eventstream";

// Events as aws-json writes them: the payload is a JSON object by the event's shape. Sends the
// initial response, `output` without the stream, at once. `operation` must outlive this. Throws
// std::logic_error for an operation whose output has no stream of events.
std::shared_ptr<EventStream> make_json_event_stream(const Operation& operation, const Json& output,
                                                    std::shared_ptr<http::ByteStream> bytes);

}  // namespace enibox::api
