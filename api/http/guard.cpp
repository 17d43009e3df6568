#include "api/http/guard.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <cctype>

namespace enibox::api::http {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "localhost:4566" -> "localhost", "[::1]:4566" -> "::1"; nothing for what is no host at all.
std::optional<std::string> host_name(std::string_view host) {
  std::string_view name = host, rest;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == host.npos) return std::nullopt;
    name = host.substr(1, end - 1);
    rest = host.substr(end + 1);
  } else if (const auto colon = host.find(':'); colon != host.npos) {
    name = host.substr(0, colon);
    rest = host.substr(colon);
  }
  const bool has_port = !rest.empty();
  if (has_port && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  if (name.empty()) return std::nullopt;
  return lower(name);
}

bool is_ip_literal(const std::string& name) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), address) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address) == 1;
}

// A presigned request carries its signature in the query (version 4, version 2).
bool is_presigned(const Request& request) {
  const auto names_key = [&](std::string_view name) {
    const auto& query = request.query;
    for (auto at = query.find(name); at != query.npos; at = query.find(name, at + 1)) {
      const bool begins = at == 0 || query[at - 1] == '&';
      if (begins && query.substr(at + name.size()).starts_with('=')) return true;
    }
    return false;
  };
  return names_key("X-Amz-Signature") || names_key("AWSAccessKeyId");
}

bool needs_no_authorization(const Request& request) {
  return request.path == kHealthPath || request.path.starts_with(kDataChannelPrefix) ||
         is_presigned(request);
}

// A browser names the page a request comes from. Not every request of a page has an Origin (an
// <img> has none), but current browsers add Sec-Fetch-Site to all of them.
bool comes_from_another_site(const Request& request) {
  const auto origin = request.header("Origin");
  if (!origin.empty()) {
    const auto scheme = origin.find("://");
    if (scheme == origin.npos) return true;  // "null"
    if (lower(origin.substr(scheme + 3)) != lower(request.header("Host"))) return true;
  }
  const auto site = request.header("Sec-Fetch-Site");
  return !site.empty() && site != "same-origin" && site != "none";
}

// Clients put the operation's prefix before the host of StartLiveTail, whatever the endpoint. For
// that operation alone the name behind it counts; no page can have a name like "stream-localhost"
// or "stream-127.0.0.1" from the public DNS, and a name of --allow-host has been vouched for.
std::string_view without_prefix(std::string_view host, const Request& request) {
  constexpr std::string_view kPrefix = "stream-";
  const bool prefixed =
      request.header("X-Amz-Target") == "Logs_20140328.StartLiveTail" && host.starts_with(kPrefix);
  return prefixed ? host.substr(kPrefix.size()) : host;
}

AwsError denied(std::string message) { return AwsError("AccessDenied", std::move(message), 403); }

}  // namespace

Guard::Guard(GuardOptions options) : options_(std::move(options)) {
  for (auto& name : options_.allowed_hosts) name = lower(name);
}

bool Guard::host_is_allowed(std::string_view host) const {
  const auto name = host_name(host);
  if (!name) return false;
  // RFC 6761: localhost and every name below it is the loopback; no page can make it another.
  if (*name == "localhost" || name->ends_with(".localhost") || is_ip_literal(*name)) return true;
  const auto& allowed = options_.allowed_hosts;
  return std::find(allowed.begin(), allowed.end(), *name) != allowed.end();
}

std::optional<AwsError> Guard::refuse(const Request& request) const {
  if (request.headers.count("Host") != 1 ||
      !host_is_allowed(without_prefix(request.header("Host"), request))) {
    return denied("The host '" + std::string(request.header("Host")) +
                  "' is not allowed: use an IP address or localhost, or start Enibox with "
                  "--allow-host NAME.");
  }
  if (comes_from_another_site(request)) {
    return denied("Requests of web pages from another origin are refused.");
  }
  if (request.header("Authorization").empty() && !needs_no_authorization(request)) {
    return AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
  }
  return std::nullopt;
}

}  // namespace enibox::api::http
