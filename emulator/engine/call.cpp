#include "emulator/engine/call.hpp"

#include "emulator/engine/errors.hpp"
#include "emulator/engine/json_views.hpp"

namespace enibox::engine {
namespace {

// "v1.44"
bool is_version(const std::string& segment) {
  const auto dot = segment.find('.');
  if (segment.size() < 4 || segment[0] != 'v' || dot == segment.npos || dot < 2) return false;
  return segment.find_first_not_of("0123456789.", 1) == segment.npos &&
         segment.find('.', dot + 1) == segment.npos && dot + 1 < segment.size();
}

// What clients send here is small; deep nesting costs many times its bytes.
constexpr std::size_t kMaxJsonBytes = 256 << 10;

}  // namespace

std::vector<std::pair<std::string, std::string>> engine_headers() {
  return {{"Api-Version", kApiVersion},
          {"Docker-Experimental", "false"},
          {"Ostype", "linux"},
          {"Server", "Enibox (linux)"}};
}

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < path.size()) {
    const auto end = std::min(path.find('/', at), path.size());
    if (end > at) out.push_back(api::http::percent_decode(path.substr(at, end - at), false));
    at = end + 1;
  }
  if (!out.empty() && is_version(out.front())) out.erase(out.begin());
  return out;
}

void Call::reply(const Json& body, unsigned status) const {
  exchange->reply({.status = status,
                   .content_type = "application/json",
                   .body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
                   .headers = engine_headers()});
}

void Call::reply_nothing(unsigned status) const {
  exchange->reply({.status = status, .content_type = {}, .body = {}, .headers = engine_headers()});
}

void Call::reply_error(unsigned status, const std::string& message) const {
  reply({{"message", message}}, status);
}

Json Call::body() const {
  if (request.body.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  if (request.body.size() > kMaxJsonBytes)
    throw EngineError(413, "the request's body is too large");
  auto json = Json::parse(request.body, nullptr, false);
  if (!json.is_object()) throw EngineError(400, "invalid JSON in the request's body");
  return json;
}

}  // namespace enibox::engine
