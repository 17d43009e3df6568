#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.hpp"
#include "api/http/message.hpp"

namespace enibox::api::http {

struct GuardOptions {
  std::vector<std::string> allowed_hosts;  // names beside localhost and IP literals, without port
};

// Keeps web pages out: a request can run containers, and every page a person opens can send
// requests to 127.0.0.1. A page cannot send an Authorization header or hide its Origin, and a name
// it controls that points here (DNS rebinding) shows in Host. No state; any thread.
class Guard {
 public:
  explicit Guard(GuardOptions options);

  // Why the request is refused; nothing when it may pass. Codes as the Query protocols spell them.
  std::optional<AwsError> refuse(const Request& request) const;

 private:
  bool host_is_allowed(std::string_view host) const;

  GuardOptions options_;
};

inline constexpr std::string_view kHealthPath = "/_enibox/health";
inline constexpr std::string_view kDataChannelPrefix = "/v1/data-channel/";

}  // namespace enibox::api::http
