#include "api/stream/port_listener.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace enibox::stream {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMostBytesOfAFrame = 1024 - kSmuxHeaderBytes;  // as the official client

}  // namespace

PortListener::PortListener(asio::io_context& loop, Events events)
    : loop_(loop), events_(std::move(events)), acceptor_(loop) {}

PortListener::~PortListener() = default;

std::uint16_t PortListener::listen(std::uint16_t port) {
  const tcp::endpoint local(asio::ip::address_v4::loopback(), port);
  acceptor_.open(local.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(local);
  acceptor_.listen();
  asio::co_spawn(loop_, accept_all(), asio::detached);
  return acceptor_.local_endpoint().port();
}

asio::awaitable<void> PortListener::accept_all() {
  for (;;) {
    error_code error;
    tcp::socket socket(loop_);
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // no descriptor left, say
      asio::steady_timer pause(loop_, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    socket.set_option(tcp::no_delay(true), error);
    auto link = std::make_shared<Connection>(std::move(socket));
    link->id = next_id_;
    next_id_ += 2;
    links_[link->id] = link;
    if (link->id == kFirstSmuxStream) events_.accepted();
    events_.send(serialize({SmuxCommand::kOpen, link->id, {}}));
    asio::co_spawn(loop_, read_all(link), asio::detached);
  }
}

asio::awaitable<void> PortListener::read_all(Link link) {
  std::string buffer(kMostBytesOfAFrame, '\0');
  error_code error;
  while (!link->gone && !error) {
    if (!events_.may_send()) {
      link->room.expires_at(asio::steady_timer::time_point::max());
      error_code woken;
      co_await link->room.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      continue;
    }
    const auto size = co_await link->socket.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (link->gone) co_return;
    if (size > 0) {
      events_.send(
          serialize({SmuxCommand::kData, link->id, std::string_view(buffer.data(), size)}));
    }
  }
  // Version 1 knows no half-closed connection.
  if (link->gone) co_return;
  drop(link);
  events_.send(serialize({SmuxCommand::kClose, link->id, {}}));
}

bool PortListener::receive(std::string_view bytes) {
  return reader_.feed(bytes, [this](const SmuxFrame& frame) { take_frame(frame); });
}

void PortListener::take_frame(const SmuxFrame& frame) {
  const auto found = links_.find(frame.stream_id);
  if (found == links_.end()) return;
  const auto link = found->second;
  if (frame.command == SmuxCommand::kData) {
    link->queued += frame.data;
    queued_bytes_ += frame.data.size();
    write(link);
  } else if (frame.command == SmuxCommand::kClose) {
    link->closes_after_queue = true;
    write(link);
  }
}

void PortListener::write(const Link& link) {
  if (link->gone || link->writing) return;
  if (link->queued.empty()) {
    if (link->closes_after_queue) drop(link);
    return;
  }
  link->writing = true;
  link->in_flight = std::exchange(link->queued, {});
  asio::async_write(link->socket, asio::buffer(link->in_flight),
                    [this, link](error_code error, std::size_t) {
                      link->writing = false;
                      if (link->gone) return;
                      queued_bytes_ -= std::exchange(link->in_flight, {}).size();
                      if (error) {
                        queued_bytes_ -= std::exchange(link->queued, {}).size();
                      }
                      write(link);
                    });
}

void PortListener::drop(const Link& link) {
  if (std::exchange(link->gone, true)) return;
  queued_bytes_ -= link->queued.size() + link->in_flight.size();
  error_code ignored;
  link->socket.close(ignored);
  link->room.cancel();
  links_.erase(link->id);
}

void PortListener::resume() {
  for (const auto& [id, link] : links_) link->room.cancel();
}

}  // namespace enibox::stream
