#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "netns/handle.hpp"

// The addresses a daemon listens on. Any thread.
namespace enibox::cli {

struct ListenAddress {
  std::string host;  // an IP literal, without brackets
  std::uint16_t port = 0;
  bool operator==(const ListenAddress&) const = default;
  bool is_loopback() const;
  std::string text() const;  // "127.0.0.1:4566", "[::1]:4566"
  // What a client on this machine uses: a wildcard address becomes the loopback one.
  std::string url() const;
};

constexpr std::string_view kDefaultListen = "127.0.0.1:4566";

// "127.0.0.1:4566", "[::1]:4566", "localhost:4566" or only "4566". Port 0: any free one. Throws
// UsageError with the form that is expected.
ListenAddress parse_listen_address(std::string_view text);

// Opens a listening, non-blocking, close-on-exec socket and puts the port it got into `address`.
// Throws std::system_error naming the address and, when it is taken, how to see by whom.
netns::UniqueFd open_listener(ListenAddress& address);

}  // namespace enibox::cli
