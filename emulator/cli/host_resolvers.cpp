#include "emulator/cli/host_resolvers.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <charconv>
#include <optional>
#include <sstream>
#include <system_error>

#include "emulator/cli/arguments.hpp"

namespace enibox::cli {

namespace {

constexpr std::size_t kMostResolvers = 3;  // MAXNS of resolv.h

using AddressList = netns::Handle<addrinfo, ::freeaddrinfo>;

// Null when the host is no IP literal.
AddressList find_address(const ResolverAddress& address, int type) {
  addrinfo hints{};
  hints.ai_socktype = type;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  return AddressList(found);
}

bool is_address(const std::string& host) { return find_address({host, 53}, SOCK_DGRAM) != nullptr; }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<ResolverAddress> parse(std::string_view text) {
  if (is_address(std::string(text))) return ResolverAddress{std::string(text)};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port || !is_address(std::string(host))) return std::nullopt;
  return ResolverAddress{std::string(host), *port};
}

}  // namespace

std::string ResolverAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ResolverAddress parse_resolver_address(std::string_view text) {
  if (const auto address = parse(text)) return *address;
  throw UsageError("enibox serve: '" + std::string(text) +
                   "' is no address of a resolver; give an IP address, with a port where it is "
                   "not 53, such as 192.0.2.53 or [2001:db8::53]:5353");
}

std::vector<ResolverAddress> resolvers_in(std::string_view resolv_conf) {
  std::vector<ResolverAddress> resolvers;
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line) && resolvers.size() < kMostResolvers;) {
    std::istringstream words(line);
    std::string keyword, address;
    if (words >> keyword >> address && keyword == "nameserver" && is_address(address))
      resolvers.push_back({address});
  }
  if (resolvers.empty()) resolvers.push_back({"127.0.0.1"});
  return resolvers;
}

netns::UniqueFd connect_to_resolver(const ResolverAddress& address, ResolverProtocol protocol) {
  const int type = protocol == ResolverProtocol::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  const auto found = find_address(address, type);
  if (!found) throw std::system_error(EINVAL, std::generic_category(), "find " + address.text());
  netns::UniqueFd socket(::socket(found->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) netns::throw_errno("open a socket for " + address.text());
  if (::connect(socket.get(), found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS)
    netns::throw_errno("connect to " + address.text());
  return socket;
}

}  // namespace enibox::cli
