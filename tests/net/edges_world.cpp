#include "tests/net/edges_world.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace enibox::test {

void open_group(World& world, const std::string& group_id, const std::string& vpc_id) {
  world.group(group_id, {from_block(kEverywhere), to_anywhere()}, vpc_id);
}

void route(World& world, int third, std::vector<vpc::RouteSpec> routes, const std::string& vpc_id) {
  world.path.put_subnet_routes(
      {vpc_id, "10.0." + std::to_string(third) + ".0/24", std::move(routes)});
}

std::string Outside::seen_from(const Task& task, int wait_ms) {
  const Attempt attempt = connect_tcp(task.netns, vpc::kInternetServer, 80, wait_ms);
  if (attempt.meeting != Meeting::kConnected) return {};
  const netns::UniqueFd peer = accept_tcp(sockets.http);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (!peer || ::getpeername(peer.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {};
  char text[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return text;
}

std::string internet() { return router_directory() + "/internet"; }

}  // namespace enibox::test
