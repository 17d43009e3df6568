#include "api/http/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "api/http/listener.hpp"

namespace asio = boost::asio;

namespace enibox::api::http {
namespace {

std::size_t default_max_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 65'536;
  return std::max<std::size_t>(16, limit.rlim_cur / 4 * 3);
}

// How late a deadline may be noticed.
std::chrono::milliseconds sweep_interval(const Limits& limits) {
  const auto shortest = std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                                  limits.write_timeout, limits.linger});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1'000));
}

}  // namespace

Server::Server(asio::io_context& loop, Limits limits)
    : loop_(loop),
      limits_(limits),
      registry_(std::make_shared<Registry>()),
      scratch_(std::make_shared<std::vector<char>>(Pipe::kReadBytes)),
      sweep_timer_(loop),
      stop_timer_(loop) {
  if (limits_.max_connections == 0) limits_.max_connections = default_max_connections();
  sweep_later();
}

Server::~Server() {
  for (const auto& [id, listener] : listeners_) listener->close();
  registry_->on_empty = nullptr;
  registry_->cut_all();
}

void Server::sweep_later() {
  sweep_timer_.expires_after(sweep_interval(limits_));
  sweep_timer_.async_wait(
      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
        if (error || alive.expired()) return;
        registry_->sweep(std::chrono::steady_clock::now());
        sweep_later();
      });
}

Server::ListenerId Server::listen(int listening_fd, RequestHandler handler) {
  const auto id = ++last_id_;
  Connection::Setup setup{
      .registry = registry_,
      .listener = id,
      .limits = limits_,
      .handler = std::make_shared<const RequestHandler>(std::move(handler)),
  };
  auto listener = std::make_shared<Listener>(loop_, listening_fd, std::move(setup), scratch_);
  listener->start();
  listeners_.emplace(id, std::move(listener));
  return id;
}

void Server::close_listener(ListenerId id) {
  const auto found = listeners_.find(id);
  if (found == listeners_.end()) return;
  found->second->close();
  listeners_.erase(found);
  registry_->cut_of(id);
}

void Server::stop(std::chrono::milliseconds bound, std::function<void()> done) {
  for (const auto& [id, listener] : listeners_) listener->close();
  listeners_.clear();
  const auto finished = [this, done = std::move(done)] {
    stop_timer_.cancel();
    sweep_timer_.cancel();
    asio::post(loop_, done);
  };
  if (registry_->size() == 0) return finished();
  registry_->on_empty = finished;
  stop_timer_.expires_after(bound);
  stop_timer_.async_wait(
      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
        if (!error && !alive.expired()) registry_->cut_all();
      });
  registry_->drain_all();
}

}  // namespace enibox::api::http
