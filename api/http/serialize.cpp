#include "api/http/serialize.hpp"

#include <ctime>

namespace enibox::api::http {
namespace {

// "Mon, 23 Nov 2026 07:09:46 GMT", made once a second.
const std::string& http_date() {
  thread_local std::time_t made_at = 0;
  thread_local std::string text;
  const auto now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char line[40];
    text.assign(line, std::strftime(line, sizeof line, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    made_at = now;
  }
  return text;
}

void add_line(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  const auto start = head.size();
  head.append(value);
  for (auto i = head.find_first_of("\r\n", start); i != head.npos;
       i = head.find_first_of("\r\n", i)) {
    head[i] = ' ';
  }
  head.append("\r\n");
}

bool has_no_body(unsigned status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::string response_head(const Response& response, const Framing& framing) {
  std::string head;
  head.reserve(384);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason_phrase(response.status)).append("\r\n");
  add_line(head, "Date", http_date());
  if (!response.content_type.empty()) add_line(head, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add_line(head, name, value);
  if (framing.chunked) {
    add_line(head, "Transfer-Encoding", "chunked");
  } else if (framing.content_length && !has_no_body(response.status)) {
    add_line(head, "Content-Length", std::to_string(*framing.content_length));
  }
  if (!framing.keep_alive) {
    add_line(head, "Connection", "close");
  } else if (framing.http_1_0) {
    add_line(head, "Connection", "keep-alive");
  }
  head.append("\r\n");
  return head;
}

}  // namespace enibox::api::http
