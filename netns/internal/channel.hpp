#pragma once
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <functional>
#include <initializer_list>
#include <string>

#include "netns/internal/message.hpp"
#include "netns/route_socket.hpp"

namespace enibox::netns {

// A netlink socket and its conversation: one request, its answers, its acknowledgement. Opened in
// the namespace of the calling thread. Failures carry the kernel's own words where it gives any.
class NetlinkChannel {
 public:
  explicit NetlinkChannel(int protocol);

  using OnAnswer = std::function<void(nlmsghdr*)>;

  // Sends and waits for the acknowledgement; throws std::system_error with `step`.
  void request(Message& message, const std::string& step);
  // The same, but errors of `allowed` are an answer: false.
  bool request_unless(Message& message, const std::string& step,
                      std::initializer_list<int> allowed);
  // As request_unless; every answer goes to `on_answer` (a dump's, or the one of a get). A dump
  // that the kernel marks as interrupted is asked again; `on_restart` forgets what came.
  bool ask(Message& message, const std::string& step, const OnAnswer& on_answer,
           std::initializer_list<int> allowed = {}, const std::function<void()>& on_restart = {});

 private:
  int talk(Message& message, const OnAnswer& on_answer);

  Handle<nl_sock, nl_socket_free> socket_;
  std::string kernel_words_;
  bool interrupted_ = false;
};

class RouteSocket::Channel : public NetlinkChannel {
 public:
  using NetlinkChannel::NetlinkChannel;
};

}  // namespace enibox::netns
