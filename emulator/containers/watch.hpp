#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "netns/handle.hpp"

// Kernel events as callbacks on the loop thread. Destroying a watch ends its callbacks.
namespace enibox::containers {

// Calls back once, when the process of a pidfd has ended.
class ExitWatch {
 public:
  ExitWatch(boost::asio::io_context& loop, int pidfd, std::function<void()> ended);
  ~ExitWatch();
  ExitWatch(ExitWatch&&) = default;
  ExitWatch& operator=(ExitWatch&&) = default;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// One inotify instance: an ordinary user has 128 of them. inotify(7).
class FileWatch {
 public:
  // `name` is empty for an event of the watched object itself. After an overflow of the queue
  // every watch gets one callback with mask IN_Q_OVERFLOW: look again.
  using Callback = std::function<void(std::uint32_t mask, const std::string& name)>;

  explicit FileWatch(boost::asio::io_context& loop);
  ~FileWatch();
  // Throws std::system_error. One watch for each object: a second replaces the first.
  int add(const std::string& path, std::uint32_t mask, Callback callback);
  void remove(int watch);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace enibox::containers
