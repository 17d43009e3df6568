#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netns/handle.hpp"

// Starting a process from a daemon that has threads. Between its birth and execve the child makes
// system calls on memory prepared before the clone and nothing else: no allocation, no lock. What
// fails there comes back to the caller by name, through a pipe that execve closes.
namespace enibox::netns {

// What the child does before it becomes the program, in order: each entry is one or two system
// calls. Descriptors are borrowed and must stay open until spawn() returns.
class ChildSteps {
 public:
  // --- namespaces ---
  ChildSteps& enter(int namespace_fd, int type);  // setns(2); type: CLONE_NEWNET, ... or 0
  ChildSteps& unshare(int flags);
  ChildSteps& hostname(std::string name);
  ChildSteps& join_cgroup(std::string procs_file);  // writes itself into a cgroup.procs

  // --- the file system ---
  ChildSteps& mount(std::string source, std::string target, std::string type, unsigned long flags,
                    std::string data = {});
  ChildSteps& unmount(std::string target, int flags);
  ChildSteps& attach(int mount_fd, std::string target);  // move_mount(2) of a detached mount
  ChildSteps& make_directory(std::string path, mode_t mode = 0755);  // an existing one is fine
  ChildSteps& make_file(std::string path, mode_t mode = 0644);       // an existing one is fine
  ChildSteps& remove(std::string path);                    // unlink; an absent one is fine
  ChildSteps& link(std::string target, std::string path);  // symlink; existing is fine
  ChildSteps& write(std::string path, std::string text);   // in one write(2)
  ChildSteps& change_directory(std::string path);
  // Makes a mount point the root and drops the old root: chdir, pivot_root(".", "."), umount.
  ChildSteps& pivot(std::string new_root);
  ChildSteps& mask(mode_t umask);

  // --- the process ---
  ChildSteps& new_session();
  ChildSteps& controlling_terminal(int fd);
  ChildSteps& identity(uid_t uid, gid_t gid, std::vector<gid_t> supplementary);
  ChildSteps& limit(int resource, rlim_t soft, rlim_t hard);
  // The signal comes when the *thread* that called spawn() ends: prctl(2) PR_SET_PDEATHSIG.
  ChildSteps& die_with_thread(int signal);

  // The entry before may fail; `otherwise()` then says that the next one is only for that case.
  ChildSteps& may_fail();
  ChildSteps& otherwise();

  enum class Kind : std::uint8_t;
  struct Step {
    Kind kind;
    int fd = -1;
    unsigned long flags = 0;
    rlim_t soft = 0, hard = 0;
    std::string a = {}, b = {}, c = {}, d = {};
    std::vector<gid_t> groups = {};
    bool may_fail = false;
    bool only_after_failure = false;
    std::string describe() const;  // "mount proc on /proc"
  };
  const std::vector<Step>& steps() const { return steps_; }

 private:
  ChildSteps& add(Step step);
  std::vector<Step> steps_;
  bool next_is_alternative_ = false;
};

struct SpawnOptions {
  std::string program;            // a path, as the child sees it when its steps are done
  std::vector<std::string> argv;  // argv[0] included
  std::vector<std::string> env;
  std::array<int, 3> stdio{-1, -1, -1};  // -1: /dev/null (of the caller)
  std::vector<int> inherit;              // descriptors that stay open, under the same number
  // Enter this one; the child remains the caller's child. The namespace's init cannot end before
  // the caller has reaped it: never wait for the init first.
  int pid_namespace = -1;
  int cgroup = -1;                   // a cgroup2 directory to be born in (CLONE_INTO_CGROUP)
  std::uint64_t new_namespaces = 0;  // CLONE_NEW* the child is born with
  ChildSteps steps;
};

struct Process {
  pid_t pid = 0;  // in the caller's pid namespace; the caller must reap it: reap()
  UniqueFd pidfd;
};

// Blocks until the child has executed the program or failed. All other descriptors are closed in
// the child, signals are unblocked and at their defaults. Throws std::system_error with the step
// that failed ("start nginx: mount proc on /proc: Operation not permitted"); no child is left then.
// Any thread.
Process spawn(const SpawnOptions& options);

// Reaps an ended child: its exit code, or 128 + the signal that ended it; nothing while it runs.
// 255 when somebody else reaped it.
std::optional<int> reap(const UniqueFd& pidfd);
// The same, waiting for the end.
int wait_and_reap(const UniqueFd& pidfd);

// pidfd_open(2); empty when there is no such process.
UniqueFd open_pidfd(pid_t pid);

}  // namespace enibox::netns
