#include "api/http/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace enibox::api::http {
namespace {

// After so many accepts the requests of the others get their turn.
constexpr int kBurst = 64;
constexpr std::chrono::milliseconds kRetry{50};

bool is_out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Listener::Listener(boost::asio::io_context& loop, int listening_fd, Connection::Setup setup,
                   std::shared_ptr<std::vector<char>> scratch)
    : loop_(loop),
      socket_(loop, listening_fd),
      retry_timer_(loop),
      setup_(std::move(setup)),
      scratch_(std::move(scratch)) {
  socket_.non_blocking(true);
}

void Listener::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  retry_timer_.cancel();
}

void Listener::wait() {
  if (!socket_.is_open()) return;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error) self->accept_burst();
                     });
}

void Listener::accept_burst() {
  for (int i = 0; i < kBurst && socket_.is_open(); ++i) {
    auto& registry = *setup_.registry;
    const bool is_full = registry.size() >= setup_.limits.max_connections;
    if (is_full && !registry.has_idle()) return retry_later();
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      if (is_full) registry.evict_idle();
      open_connection(fd, address.ss_family);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN) break;
    const int error = errno;
    if (is_out_of_resources(error) && registry.evict_idle()) continue;
    spdlog::warn("http: accept: {}", std::generic_category().message(error));
    return retry_later();
  }
  wait();
}

void Listener::open_connection(int fd, int family) {
  if (family == AF_INET || family == AF_INET6) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  Socket socket(loop_);
  boost::system::error_code failure;
  socket.assign({family == 0 ? AF_UNIX : family, 0}, fd, failure);
  if (failure) {
    ::close(fd);
    spdlog::warn("http: a connection: {}", failure.message());
    return;
  }
  std::make_shared<Connection>(std::make_shared<Pipe>(std::move(socket), scratch_), setup_)
      ->start();
}

// Everybody is busy: new ones wait in the kernel's backlog.
void Listener::retry_later() {
  retry_timer_.expires_after(kRetry);
  retry_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && self->socket_.is_open()) self->accept_burst();
  });
}

}  // namespace enibox::api::http
