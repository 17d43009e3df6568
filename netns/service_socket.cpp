#include "netns/service_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace enibox::netns {
namespace {

constexpr int kBacklog = 64;

}  // namespace

UniqueFd open_service_socket(const Namespace& where, const ServiceEndpoint& endpoint) {
  const std::string step = "open socket " + endpoint.address + ":" + std::to_string(endpoint.port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  if (::inet_pton(AF_INET, endpoint.address.c_str(), &address.sin_addr) != 1) {
    errno = EINVAL;
    throw_errno(step);
  }
  UniqueFd fd;
  where.run([&] {
    const int type = (endpoint.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
    fd.reset(::socket(AF_INET, type, 0));
    if (!fd) throw_errno(step);
    const int on = 1;  // connections of an earlier socket may be in TIME_WAIT
    if (endpoint.tcp && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
      throw_errno(step);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw_errno(step);
    if (endpoint.tcp && ::listen(fd.get(), kBacklog) != 0) throw_errno(step);
  });
  return fd;
}

}  // namespace enibox::netns
