#include "emulator/ssm/port_forward.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

namespace enibox::ssm {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kMostConnections = 1000;
constexpr std::uint32_t kOnly = 1;  // the id of the one connection where there is no smux

}  // namespace

struct PortForward::Address {
  sockaddr_storage storage{};
  socklen_t size = 0;  // 0: none

  Address(const std::string& host, std::uint16_t port);
};

PortForward::Address::Address(const std::string& host, std::uint16_t port) {
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&storage, &four, sizeof four);
    size = sizeof four;
  } else if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&storage, &six, sizeof six);
    size = sizeof six;
  }
}

std::shared_ptr<PortForward> PortForward::open(asio::io_context& loop, Options options,
                                               Events events) {
  std::shared_ptr<PortForward> forward(
      new PortForward(loop, std::move(options), std::move(events)));
  if (forward->options_.mode == Mode::kRaw) forward->connect(kOnly);
  return forward;
}

bool PortForward::input(std::string_view bytes) {
  if (closed_) return true;
  if (queued_bytes_ > kMaxQueued) {
    refused_ = true;
    return false;
  }
  if (options_.mode != Mode::kMultiplexed) {
    const auto found = links_.find(kOnly);
    if (found != links_.end()) {
      queue(found->second, bytes);
    } else if (options_.mode == Mode::kOneByOne) {
      queue(connect(kOnly), bytes);
    }
    return true;
  }
  const auto self = shared_from_this();
  if (!reader_.feed(bytes, [this](const auto& frame) { take_frame(frame); }) && !closed_) {
    events_.on_end("The client does not speak the port session's protocol.");
  }
  return true;
}

void PortForward::take_frame(const stream::SmuxFrame& frame) {
  const auto found = links_.find(frame.stream_id);
  const bool known = found != links_.end();
  if (frame.command == stream::SmuxCommand::kOpen && !known) {
    if (links_.size() >= kMostConnections) {
      events_.on_output(
          stream::serialize(stream::SmuxFrame{stream::SmuxCommand::kClose, frame.stream_id, {}}));
    } else {
      connect(frame.stream_id);
    }
  } else if (frame.command == stream::SmuxCommand::kData && known) {
    queue(found->second, frame.data);
  } else if (frame.command == stream::SmuxCommand::kClose && known) {
    // Version 1 knows no half-closed connection: what was sent still goes out, nothing comes back.
    const auto link = found->second;
    link->closes_after_queue = true;
    write(link);
  }
}

// --- one connection ------------------------------------------------------------------------------

PortForward::Link PortForward::connect(std::uint32_t id) {
  auto link = std::make_shared<Connection>(loop_);
  link->id = id;
  links_[id] = link;
  const Address address(options_.host, options_.port);
  if (address.size != 0) {
    dial(link, address);
    return link;
  }
  events_.find_host(options_.host, [self = shared_from_this(), link](auto outcome) {
    if (self->closed_ || link->gone) return;
    if (!outcome.ok()) return self->refused(link, outcome.error());
    self->dial(link, Address(outcome.get(), self->options_.port));
  });
  return link;
}

void PortForward::dial(const Link& link, const Address& address) {
  events_.open_socket(address.storage.ss_family,
                      [self = shared_from_this(), link, address](auto outcome) {
                        if (self->closed_ || link->gone) return;
                        if (!outcome.ok()) return self->refused(link, outcome.error());
                        self->dial(link, address, std::move(outcome.get()));
                      });
}

void PortForward::dial(const Link& link, const Address& address, netns::UniqueFd socket) {
  const int one = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  const int result =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size);
  const int error = result == 0 ? 0 : errno;
  link->socket.assign(socket.release());
  if (error != 0 && error != EINPROGRESS) return refused(link, std::strerror(error));
  link->socket.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this(),
                                                                       link](error_code failed) {
    if (failed || link->gone) return;
    int reason = 0;
    socklen_t size = sizeof reason;
    ::getsockopt(link->socket.native_handle(), SOL_SOCKET, SO_ERROR, &reason, &size);
    if (reason != 0) return self->refused(link, std::strerror(reason));
    self->connected(link);
  });
}

void PortForward::connected(const Link& link) {
  link->connected = true;
  link->socket.non_blocking(true);
  write(link);
  read(link);
}

void PortForward::refused(const Link& link, const std::string& why) {
  if (options_.mode == Mode::kRaw) {
    drop(link);
    events_.on_end("Connection to destination port failed: " + why);
    return;
  }
  events_.on_flag(stream::Flag::kConnectError);
  ended(link);
}

void PortForward::queue(const Link& link, std::string_view bytes) {
  if (link->gone || link->closes_after_queue) return;
  link->queued += bytes;
  queued_bytes_ += bytes.size();
  write(link);
}

void PortForward::write(const Link& link) {
  if (link->gone || link->writing || !link->connected) {
    // Closed by the client before it was connected, with nothing to say.
    if (link->closes_after_queue && !link->connected && link->queued.empty()) drop(link);
    return;
  }
  if (link->queued.empty()) {
    if (link->closes_after_queue) drop(link);
    return;
  }
  link->writing = true;
  link->in_flight = std::exchange(link->queued, {});
  asio::async_write(link->socket, asio::buffer(link->in_flight),
                    [self = shared_from_this(), link](error_code error, std::size_t) {
                      link->writing = false;
                      const auto size = std::exchange(link->in_flight, {}).size();
                      if (!link->gone) self->note_room(size);
                      if (link->gone) return;
                      if (error) return self->ended(link);
                      self->write(link);
                    });
}

void PortForward::note_room(std::size_t bytes) {
  queued_bytes_ -= bytes;
  if (refused_ && queued_bytes_ <= kMaxQueued / 2) {
    refused_ = false;
    if (!closed_) events_.on_room();
  }
}

void PortForward::read(const Link& link) {
  if (paused_ || link->gone || link->reading || !link->connected || link->closes_after_queue) {
    return;
  }
  link->reading = true;
  link->socket.async_read_some(asio::buffer(link->buffer), [self = shared_from_this(), link](
                                                               error_code error, std::size_t size) {
    link->reading = false;
    if (link->gone || link->closes_after_queue) return;
    const std::string_view bytes(link->buffer.data(), size);
    if (size > 0 && self->options_.mode == Mode::kMultiplexed) {
      self->events_.on_output(
          stream::serialize(stream::SmuxFrame{stream::SmuxCommand::kData, link->id, bytes}));
    } else if (size > 0) {
      self->events_.on_output(bytes);
    }
    if (error) return self->ended(link);
    self->read(link);
  });
}

void PortForward::ended(const Link& link) {
  if (link->gone) return;
  drop(link);
  if (closed_ || link->closes_after_queue) return;
  if (options_.mode == Mode::kMultiplexed) {
    events_.on_output(
        stream::serialize(stream::SmuxFrame{stream::SmuxCommand::kClose, link->id, {}}));
  } else if (options_.mode == Mode::kRaw) {
    events_.on_end("");
  }
}

void PortForward::drop(const Link& link) {
  if (std::exchange(link->gone, true)) return;
  error_code ignored;
  link->socket.close(ignored);
  const auto found = links_.find(link->id);
  if (found != links_.end() && found->second == link) links_.erase(found);
  note_room(link->queued.size() + link->in_flight.size());
}

// --- the session ---------------------------------------------------------------------------------

void PortForward::disconnect() {
  if (options_.mode != Mode::kOneByOne) return;
  if (const auto found = links_.find(kOnly); found != links_.end()) drop(Link(found->second));
}

void PortForward::resume_output() {
  if (!std::exchange(paused_, false)) return;
  const auto links = links_;  // an event may end one
  for (const auto& [id, link] : links) read(link);
}

void PortForward::close() {
  if (std::exchange(closed_, true)) return;
  const auto links = links_;
  for (const auto& [id, link] : links) drop(link);
}

}  // namespace enibox::ssm
