#pragma once
#include <functional>
#include <string>

#include "netns/handle.hpp"

namespace enibox::netns {

// A network namespace, held open by descriptor: it lives at least as long as this object. Movable;
// safe from any thread. Errors: std::system_error naming the step.
class Namespace {
 public:
  // A new namespace with a file of its own (a bind mount of nsfs) at `path`, whose directory
  // exists. A stale plain file in the way is used; a live namespace there is File exists.
  static Namespace create(const std::string& path);
  // The namespace of a file: a bind mount made by create(), or /proc/PID/ns/net.
  static Namespace open(const std::string& path);
  // The calling thread's own.
  static Namespace current();
  // Whether `path` is a namespace's file (and not the plain file an unmounted one leaves).
  static bool exists(const std::string& path);
  // Unmounts and unlinks the file; the namespace ends with its last process, socket and
  // descriptor. False: it was not there.
  static bool remove(const std::string& path);

  int fd() const { return fd_.get(); }

  // Runs `work` on a throwaway thread inside the namespace and rethrows what it throws. Sockets
  // opened there stay there and may be used from any thread afterwards. About 30 us.
  void run(const std::function<void()>& work) const;

 private:
  explicit Namespace(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace enibox::netns
