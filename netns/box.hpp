#pragma once
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "netns/handle.hpp"
#include "netns/process.hpp"

// A box: one user, mount, network and pid namespace, held by a tiny init. Everything that runs
// goes into it, so that the kernel keeps a bug away from the host's links, rules, mounts and
// processes. docs/process-model.md tells who starts it and what dies when.
namespace enibox::netns {

// What has to be remembered of a box to find it again from another process.
struct BoxRecord {
  ProcessIdentity init;
  bool user_namespace = true;
  bool operator==(const BoxRecord&) const = default;
};

struct BoxOptions {
  // Ends only when its init is killed; otherwise when the last lifeline is closed.
  bool persistent = false;
  // Without one, root's box is separated by the other three namespaces only.
  bool user_namespace = true;
  // Made inside the box, below its own tmpfs on /run.
  std::vector<std::string> run_directories;
  // A tmpfs of its own is mounted here if the kernel's tmpfs has user.* attributes (6.6), which
  // overlayfs needs in a user namespace. Empty: none wanted.
  std::string scratch_directory;
  // Directories that stay visible although they lie below /run; one that is not there is none.
  std::vector<std::string> keep_visible;
  // Called in the starting process with init's pid before init does anything: the place to move
  // it into a control group.
  std::function<void(pid_t)> adopt;
};

// Not thread-safe: for the single-threaded starting process. Errors: std::system_error or
// std::runtime_error naming the step.
class Box {
 public:
  // Makes the namespaces and waits until init has set them up. When it throws, nothing is left.
  static Box start(const BoxOptions& options);

  // The running box of a record made in this boot; nothing when its init has ended.
  static std::optional<Box> find(const BoxRecord& record);

  const BoxRecord& record() const { return record_; }
  bool scratch_mounted() const { return scratch_mounted_; }

  // Forks a child that enters the box and runs `body` there as an ordinary process of the box's
  // pid namespace (root in it, when there is a user namespace); the child ends with what `body`
  // returns. `outside` runs before entering, still among the host's namespaces. Gives the child's
  // pid in the caller's pid namespace. The caller becomes a child subreaper and the child's
  // parent: it must wait for it.
  pid_t fork_inside(const std::function<void()>& outside, const std::function<int()>& body);

  // The descriptor that keeps a box that is not persistent alive; hand it to the process whose
  // death shall end the box, and close it everywhere else. Empty for a persistent or found box.
  UniqueFd take_lifeline() { return std::move(lifeline_); }

  // A pidfd of init.
  int init_fd() const { return init_fd_.get(); }

  // SIGKILL to init: the kernel ends every process, mount, namespace and link of the box. False
  // when they have not gone by `timeout`.
  bool destroy(std::chrono::milliseconds timeout);

  // Waits until init and with it every process of the box has ended.
  bool wait_until_gone(std::chrono::milliseconds timeout);

 private:
  Box() = default;

  BoxRecord record_;
  UniqueFd init_fd_;
  UniqueFd lifeline_;
  bool scratch_mounted_ = false;
};

// True while init is on its way out although it still holds the box: it has been killed, and the
// kernel is ending the box's other processes first.
bool is_ending(const ProcessIdentity& init);

}  // namespace enibox::netns
