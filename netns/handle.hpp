#pragma once
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace enibox::netns {

// Owns a file descriptor. Open with O_CLOEXEC; the box relies on it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

// Throws std::system_error of the calling thread's errno with the step that failed.
[[noreturn]] inline void throw_errno(const std::string& step) {
  throw std::system_error(errno, std::generic_category(), step);
}

// Owns a C object through its release function:
//   using Socket = Handle<nl_sock, nl_socket_free>;
template <typename T, auto Release>
struct Releaser {
  void operator()(T* object) const { Release(object); }
};
template <typename T, auto Release>
using Handle = std::unique_ptr<T, Releaser<T, Release>>;

}  // namespace enibox::netns
