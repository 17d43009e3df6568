#include "emulator/engine/event_streams.hpp"

#include <algorithm>

#include "emulator/engine/errors.hpp"
#include "emulator/engine/times.hpp"

namespace enibox::engine {
namespace {

constexpr std::size_t kMaxPast = 256;  // as dockerd
constexpr std::chrono::milliseconds kLongestWait{24LL * 3600 * 1000};

std::string line_of(const Json& event) {
  return event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

bool EventStreams::wants(const Filters& filters, const Json& event) {
  const auto& attributes = event["Actor"]["Attributes"];
  const std::string id = event["id"];
  const auto& containers = filters.values("container");
  const auto& labels = filters.values("label");
  return contains(filters.values("type"), event["Type"]) &&
         contains(filters.values("event"), event["Action"]) &&
         contains(filters.values("image"), attributes.value("image", "")) &&
         (containers.empty() || std::any_of(containers.begin(), containers.end(),
                                            [&](const std::string& wanted) {
                                              return attributes.value("name", "") == wanted ||
                                                     id.starts_with(wanted);
                                            })) &&
         std::all_of(labels.begin(), labels.end(), [&](const std::string& wanted) {
           const auto equals = wanted.find('=');
           const auto found = attributes.find(wanted.substr(0, equals));
           return found != attributes.end() &&
                  (equals == wanted.npos || *found == wanted.substr(equals + 1));
         });
}

void EventStreams::answer(const Call& call) {
  auto listener = std::make_shared<Listener>();
  listener->host_id = call.host_id;
  listener->filters =
      Filters::parse(call.parameter("filters"),
                     {"config", "container", "daemon", "event", "image", "label", "network", "node",
                      "plugin", "scope", "secret", "service", "type", "volume"});
  const auto now = clock_.now_ms();
  const auto since = call.parameter("since");
  const auto since_ms = since && !since->empty() ? parse_time_ms(*since, now) : now + 1;
  const auto until = call.parameter("until");
  const auto until_ms = until && !until->empty() ? parse_time_ms(*until, now) : 0;

  listener->stream = call.exchange->stream(
      {.status = 200, .content_type = "application/json", .body = {}, .headers = engine_headers()});
  if (!listener->stream) return;
  for (const auto& past : past_) {
    const bool is_in_time = past.at_ms >= since_ms && (until_ms == 0 || past.at_ms <= until_ms);
    if (past.host_id == call.host_id && is_in_time && wants(listener->filters, past.event)) {
      listener->stream->write(line_of(past.event));
    }
  }
  if (until_ms != 0 && until_ms <= now) return listener->stream->end();
  listener->stream->listen({.on_data = {},
                            .on_eof = {},
                            .on_drained = {},
                            .on_closed = [weak = std::weak_ptr(listeners_), raw = listener.get()] {
                              if (const auto listeners = weak.lock()) forget(*listeners, raw);
                            }});
  if (until_ms != 0) {
    const auto wait = std::min(std::chrono::milliseconds(until_ms - now), kLongestWait);
    listener->until = clock_.after(wait, [raw = listener.get()] { raw->stream->end(); });
  }
  listeners_->push_back(std::move(listener));
}

void EventStreams::publish(const std::string& host_id, const EngineContainer& container,
                           const std::string& action,
                           const std::map<std::string, std::string>& more) {
  const auto now = clock_.now_ms();
  Json attributes(container.labels);
  attributes["image"] = container.image;
  attributes["name"] = container.name;
  for (const auto& [key, value] : more) attributes[key] = value;
  const Json event{
      {"status", action},           {"id", container.id},
      {"from", container.image},    {"Type", "container"},
      {"Action", action},           {"Actor", {{"ID", container.id}, {"Attributes", attributes}}},
      {"scope", "local"},           {"time", now / 1000},
      {"timeNano", now * 1'000'000}};
  past_.push_back({host_id, now, event});
  if (past_.size() > kMaxPast) past_.pop_front();
  for (const auto& listener : *listeners_) {
    if (listener->host_id == host_id && wants(listener->filters, event)) {
      listener->stream->write(line_of(event));
    }
  }
}

void EventStreams::forget_host(const std::string& host_id) {
  std::erase_if(past_, [&](const Past& past) { return past.host_id == host_id; });
}

void EventStreams::forget(Listeners& listeners, const Listener* listener) {
  std::erase_if(listeners, [&](const auto& one) { return one.get() == listener; });
}

}  // namespace enibox::engine
