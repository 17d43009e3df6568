#pragma once
#include <boost/beast/http/fields.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// One HTTP request and one answer as values.
namespace enibox::api::http {

// Names are compared without regard to case: headers["X-Amz-Target"].
using Fields = boost::beast::http::fields;

struct Request {
  std::string method;  // "POST", as sent
  std::string path;    // of the target, not decoded: "/v1.44/containers/json"
  std::string query;   // without '?', not decoded
  Fields headers;
  std::string body;

  // Empty when the header is absent.
  std::string_view header(std::string_view name) const;
  // The decoded value of the first query parameter of that name.
  std::optional<std::string> parameter(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string content_type;  // empty: no Content-Type
  std::string body;          // Content-Length is added
  std::vector<std::pair<std::string, std::string>> headers;
};

// "1", "true", "True" ... as Docker and AWS read query flags; absent and "0", "false", "" are no.
bool is_true(const std::optional<std::string>& parameter);
// %XX and '+' of a query string; a broken escape stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space);
// "a=1&b" -> {{"a","1"},{"b",""}}, decoded, in order.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);
std::string_view reason_phrase(unsigned status);

}  // namespace enibox::api::http
