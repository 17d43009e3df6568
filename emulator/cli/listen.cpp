#include "emulator/cli/listen.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

#include "emulator/cli/arguments.hpp"

namespace enibox::cli {

namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Family AF_UNSPEC (size 0) when `host` is no IP literal.
SocketAddress socket_address(const std::string& host, std::uint16_t port) {
  SocketAddress address;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
  }
  return address;
}

[[noreturn]] void refuse(std::string_view text) {
  throw UsageError("enibox serve: '" + std::string(text) +
                   "' is no address to listen on; give an IP address and a port, such as " +
                   std::string(kDefaultListen) + " or [::1]:4566");
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    netns::throw_errno("getsockname");
  }
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (storage.ss_family == AF_INET6) {
    std::memcpy(&v6, &storage, sizeof v6);
    return ntohs(v6.sin6_port);
  }
  std::memcpy(&v4, &storage, sizeof v4);
  return ntohs(v4.sin_port);
}

}  // namespace

bool ListenAddress::is_loopback() const { return host == "::1" || host.rfind("127.", 0) == 0; }

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ListenAddress::url() const {
  ListenAddress reachable = *this;
  if (host == "0.0.0.0") reachable.host = "127.0.0.1";
  if (host == "::") reachable.host = "::1";
  return "http://" + reachable.text();
}

ListenAddress parse_listen_address(std::string_view text) {
  ListenAddress address{"127.0.0.1", 0};
  std::string_view port = text;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
      refuse(text);
    }
    address.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) refuse(text);
  if (socket_address(address.host, address.port).size == 0) refuse(text);
  return address;
}

netns::UniqueFd open_listener(ListenAddress& address) {
  const SocketAddress where = socket_address(address.host, address.port);
  const int family = where.storage.ss_family;
  netns::UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) netns::throw_errno("open a socket for " + address.text());
  const int on = 1;
  // A daemon that starts after another one has ended must not wait for its closed connections.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(socket.get(), where.get(), where.size) != 0 || ::listen(socket.get(), 1024) != 0) {
    std::string step = "listen on " + address.text();
    if (errno == EADDRINUSE) {
      step += " ('ss -ltnp sport = :" + std::to_string(address.port) +
              "' shows who does; --listen takes another one)";
    }
    netns::throw_errno(step);
  }
  address.port = bound_port(socket.get());
  return socket;
}

}  // namespace enibox::cli
