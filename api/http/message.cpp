#include "api/http/message.hpp"

#include <boost/beast/http/status.hpp>

namespace enibox::api::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  const auto found = headers.find(boost::beast::string_view(name.data(), name.size()));
  if (found == headers.end()) return {};
  return {found->value().data(), found->value().size()};
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (auto& [key, value] : parse_query(query)) {
    if (key == name) return std::move(value);
  }
  return std::nullopt;
}

bool is_true(const std::optional<std::string>& parameter) {
  if (!parameter) return false;
  return !(parameter->empty() || *parameter == "0" || *parameter == "false" ||
           *parameter == "False" || *parameter == "no" || *parameter == "none");
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto part = query.substr(0, end);
    query.remove_prefix(end == query.npos ? query.size() : end + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto value = equals == part.npos ? std::string_view{} : part.substr(equals + 1);
    out.emplace_back(percent_decode(part.substr(0, equals), true), percent_decode(value, true));
  }
  return out;
}

std::string_view reason_phrase(unsigned status) {
  const auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {text.data(), text.size()};
}

}  // namespace enibox::api::http
