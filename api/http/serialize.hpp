#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "api/http/message.hpp"

namespace enibox::api::http {

// How an answer is framed on the wire.
struct Framing {
  bool keep_alive = true;
  bool http_1_0 = false;
  bool chunked = false;                         // the body follows in chunks
  std::optional<std::uint64_t> content_length;  // of what follows; absent: until the end
};

// The status line and the header lines up to the empty line. Line breaks in header values become
// spaces: nobody can add a header by an error text.
std::string response_head(const Response& response, const Framing& framing);

}  // namespace enibox::api::http
