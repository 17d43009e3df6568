#include "emulator/ssm/target_names.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

namespace enibox::ssm {
namespace {

Outcome<dns::ResolverSocket> connected(const NameServer& server,
                                       Outcome<netns::UniqueFd> opened) try {
  netns::UniqueFd socket = std::move(opened.get());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  ::inet_pton(AF_INET, server.address.c_str(), &address.sin_addr);
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  const int result =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result != 0 && errno != EINPROGRESS) netns::throw_errno("connect to the resolver");
  return dns::ResolverSocket{.socket = std::move(socket)};
} catch (...) {
  return std::current_exception();
}

}  // namespace

TargetNames::TargetNames(boost::asio::io_context& loop, OpenSocket open_socket,
                         const NameServer& server)
    : forwarder_(loop, [open_socket = std::move(open_socket), server](
                           dns::Transport transport, int, Done<dns::ResolverSocket> done) {
        const int type = transport == dns::Transport::kUdp ? SOCK_DGRAM : SOCK_STREAM;
        open_socket(type, [server, done = std::move(done)](Outcome<netns::UniqueFd> socket) {
          done(connected(server, std::move(socket)));
        });
      }) {}

void TargetNames::find(const std::string& name, Done<std::string> done) {
  const auto query = dns::query_for(name, "A");
  const auto answer = [name, done = std::move(done)](const std::vector<std::string>& addresses) {
    if (!addresses.empty()) return done(addresses.front());
    done(std::make_exception_ptr(std::runtime_error("lookup " + name + ": no such host")));
  };
  if (!query) return answer({});
  forwarder_.ask(*query, [answer](const std::optional<dns::Bytes>& message) {
    answer(message ? dns::addresses_in(*message) : std::vector<std::string>{});
  });
}

}  // namespace enibox::ssm
