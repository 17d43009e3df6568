#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "api/http/server.hpp"
#include "netns/handle.hpp"

// A server on a loop of its own thread, and a blocking client that speaks plain bytes to it: an
// HTTP client library would hide what these tests look at.
namespace enibox::testing {

constexpr std::chrono::seconds kPatience{10};

class LoopThread {
 public:
  LoopThread() : work_(boost::asio::make_work_guard(loop)), thread_([this] { loop.run(); }) {}
  ~LoopThread() {
    work_.reset();
    loop.stop();
    thread_.join();
  }
  // Runs `action` on the loop and waits for it.
  template <typename Action>
  auto run(Action action) {
    std::packaged_task<std::invoke_result_t<Action>()> task(std::move(action));
    auto result = task.get_future();
    boost::asio::post(loop, [&task] { task(); });
    return result.get();
  }

  boost::asio::io_context loop;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

// Waits for a condition that another thread brings about.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class Client {
 public:
  explicit Client(netns::UniqueFd fd) : fd_(std::move(fd)) {
    timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }

  static Client tcp(std::uint16_t port) {
    netns::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      netns::throw_errno("connect");
    }
    return Client(std::move(fd));
  }
  static Client unix_socket(const std::string& path) {
    netns::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      netns::throw_errno("connect " + path);
    }
    return Client(std::move(fd));
  }

  // False when the peer does not take it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  // One more piece of what arrives into received_; false at the end (or when patience is).
  bool receive_some() {
    char bytes[16384];
    const auto got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (got <= 0) {
      reset_by_peer_ = got < 0 && errno == ECONNRESET;
      timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
      return false;
    }
    received_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t count) {
    while (received_.size() < count && receive_some()) {
    }
    auto out = received_.substr(0, count);
    received_.erase(0, count);
    return out;
  }
  std::string take_until(const std::string& mark) {
    for (;;) {
      const auto at = received_.find(mark);
      if (at != std::string::npos) return take(at + mark.size());
      if (!receive_some()) return std::exchange(received_, {});
    }
  }
  // Everything up to the end of the connection.
  std::string take_all() {
    while (receive_some()) {
    }
    return std::exchange(received_, {});
  }
  // Head and body of one answer that has a Content-Length or chunks; the chunks' data as they come.
  std::string take_answer() {
    auto head = take_until("\r\n\r\n");
    head_ = head;
    if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
      std::string body;
      for (;;) {
        const auto size = std::stoul("0" + take_until("\r\n"), nullptr, 16);
        body += take(size);
        take(2);
        if (size == 0) return head + body;
      }
    }
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? head : head + take(std::stoul(head.substr(at + 16)));
  }
  bool at_end() { return received_.empty() && !receive_some() && !timed_out_; }
  bool was_reset() const { return reset_by_peer_; }

 private:
  netns::UniqueFd fd_;
  std::string received_, head_;
  bool reset_by_peer_ = false, timed_out_ = false;
};

// A listening TCP socket on the loopback; `port` is what the kernel chose.
inline int listen_on_loopback(std::uint16_t& port, int backlog = 4096) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, backlog) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    netns::throw_errno("listen on the loopback");
  }
  port = ntohs(address.sin_port);
  return fd;
}

// A server with one handler on 127.0.0.1.
class TestServer {
 public:
  explicit TestServer(api::http::RequestHandler handler, api::http::Limits limits = {}) {
    loop_.run([&] {
      server = std::make_unique<api::http::Server>(loop_.loop, limits);
      server->listen(listen_on_loopback(port), std::move(handler));
    });
  }
  ~TestServer() {
    loop_.run([&] { server.reset(); });
    loop_.run([] {});  // the posted ends: users let go of their sockets
  }
  Client connect() const { return Client::tcp(port); }
  std::size_t connections() {
    return loop_.run([&] { return server->connections(); });
  }
  LoopThread& loop() { return loop_; }

  std::uint16_t port = 0;
  std::unique_ptr<api::http::Server> server;

 private:
  LoopThread loop_;
};

}  // namespace enibox::testing
