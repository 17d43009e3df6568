#include "emulator/containers/watch.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <map>

namespace enibox::containers {
namespace asio = boost::asio;
using netns::throw_errno;

struct ExitWatch::State {
  State(asio::io_context& loop, int fd) : descriptor(loop, fd) {}
  asio::posix::stream_descriptor descriptor;
  std::function<void()> ended;
};

ExitWatch::ExitWatch(asio::io_context& loop, int pidfd, std::function<void()> ended) {
  const int copy = ::fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw_errno("watch a process");
  state_ = std::make_shared<State>(loop, copy);
  state_->ended = std::move(ended);
  // The handler owns the state: a watch may go while its handler is already on its way.
  state_->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                [state = state_](boost::system::error_code error) {
                                  if (error || !state->ended) return;
                                  std::exchange(state->ended, nullptr)();
                                });
}

ExitWatch::~ExitWatch() {
  if (!state_) return;
  state_->ended = nullptr;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

struct FileWatch::State : std::enable_shared_from_this<State> {
  explicit State(asio::io_context& loop) : descriptor(loop) {}
  void wait();
  void drain();
  void dispatch(const inotify_event& event);

  asio::posix::stream_descriptor descriptor;
  std::map<int, Callback> callbacks;
};

void FileWatch::State::wait() {
  descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                        [self = shared_from_this()](boost::system::error_code error) {
                          if (error) return;
                          self->drain();
                          if (self->descriptor.is_open()) self->wait();
                        });
}

void FileWatch::State::drain() {
  alignas(inotify_event) char buffer[16 * 1024];
  const auto n = ::read(descriptor.native_handle(), buffer, sizeof buffer);
  // The kernel hands out whole events only.
  for (ssize_t at = 0; at < n;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    dispatch(*event);
  }
}

void FileWatch::State::dispatch(const inotify_event& event) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    const auto all = callbacks;
    for (const auto& [watch, callback] : all) callback(IN_Q_OVERFLOW, {});
    return;
  }
  const auto found = callbacks.find(event.wd);
  if (found == callbacks.end()) return;
  const auto callback = found->second;  // it may remove its own watch
  if ((event.mask & IN_IGNORED) != 0) callbacks.erase(found);
  callback(event.mask, event.len > 0 ? std::string(event.name) : std::string());
}

FileWatch::FileWatch(asio::io_context& loop) : state_(std::make_shared<State>(loop)) {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) throw_errno("inotify_init1");
  state_->descriptor.assign(fd);
  state_->wait();
}

FileWatch::~FileWatch() {
  state_->callbacks.clear();
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

int FileWatch::add(const std::string& path, std::uint32_t mask, Callback callback) {
  const int watch = ::inotify_add_watch(state_->descriptor.native_handle(), path.c_str(), mask);
  if (watch < 0) throw_errno("watch " + path);
  state_->callbacks[watch] = std::move(callback);
  return watch;
}

void FileWatch::remove(int watch) {
  if (state_->callbacks.erase(watch) > 0)
    ::inotify_rm_watch(state_->descriptor.native_handle(), watch);
}

}  // namespace enibox::containers
