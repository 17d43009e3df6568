#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "api/http/exchange.hpp"
#include "api/http/limits.hpp"
#include "api/http/registry.hpp"

namespace enibox::api::http {

class Listener;

// An HTTP/1.1 server on the loop thread: any number of listening sockets (TCP, unix), each with its
// own handler, one pool of connections with one set of limits. Starts no thread. Not thread-safe.
class Server {
 public:
  using ListenerId = std::uint64_t;

  Server(boost::asio::io_context& loop, Limits limits);
  // Closes everything at once.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes a listening stream socket that is open already: it accepts in the network namespace it
  // was made in, wherever this process is now.
  ListenerId listen(int listening_fd, RequestHandler handler);
  // Closes the listening socket and every connection that came through it.
  void close_listener(ListenerId id);

  // Accepts no more, closes idle connections and streams, lets running requests finish for
  // `bound`, then cuts them off; `done` is posted when no connection is left. Once.
  void stop(std::chrono::milliseconds bound, std::function<void()> done);

  std::size_t connections() const { return registry_->size(); }

 private:
  void sweep_later();

  boost::asio::io_context& loop_;
  Limits limits_;
  std::shared_ptr<Registry> registry_;
  std::shared_ptr<std::vector<char>> scratch_;
  std::map<ListenerId, std::shared_ptr<Listener>> listeners_;
  ListenerId last_id_ = 0;
  // A timer's expiry may be queued already when the server goes: it looks here first.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  boost::asio::steady_timer sweep_timer_, stop_timer_;
};

}  // namespace enibox::api::http
