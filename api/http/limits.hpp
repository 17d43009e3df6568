#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace enibox::api::http {

// What a client may cost us. A limit that is passed ends that connection and nothing else.
struct Limits {
  std::size_t max_body_bytes = 10 << 20;      // 413 beyond
  std::uint32_t max_header_bytes = 16 << 10;  // 431 beyond; the request line counts
  // From the first byte of a request to the end of its head, and from there to the end of its body;
  // 408 beyond.
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{60'000};
  // Without a request on a kept-alive connection.
  std::chrono::milliseconds idle_timeout{300'000};
  // Without progress of an answer the client does not read. Not for streams: a person may stop
  // `docker logs -f` with Ctrl-S.
  std::chrono::milliseconds write_timeout{60'000};
  // How long the client may go on sending after our last byte, so that it can read that byte.
  std::chrono::milliseconds linger{2'000};
  // Beyond it the longest idle connection is closed for each new one. 0: three quarters of
  // RLIMIT_NOFILE, which leaves the rest to everything else the process opens.
  std::size_t max_connections = 0;
};

}  // namespace enibox::api::http
