#pragma once
#include <memory>
#include <string>
#include <vector>

#include "api/http/exchange.hpp"
#include "api/json.hpp"

namespace enibox::engine {

// One request to the Engine API of one host.
struct Call {
  std::string host_id;
  std::string method;
  std::vector<std::string> path;  // decoded, without "/v1.44": {"containers", "ab12", "json"}
  api::http::Request request;
  std::shared_ptr<api::http::Exchange> exchange;

  std::optional<std::string> parameter(std::string_view name) const {
    return request.parameter(name);
  }
  bool flag(std::string_view name) const { return api::http::is_true(parameter(name)); }

  void reply(const Json& body, unsigned status = 200) const;
  void reply_nothing(unsigned status = 204) const;
  void reply_error(unsigned status, const std::string& message) const;
  // The body as a JSON object; an empty body is an empty one. Throws EngineError 400, 413.
  Json body() const;
};

// What every answer of a Docker daemon carries; clients choose their version by it.
std::vector<std::pair<std::string, std::string>> engine_headers();

// "/v1.44/containers/ab%20c/json" -> {"containers", "ab c", "json"}.
std::vector<std::string> split_path(const std::string& path);

}  // namespace enibox::engine
