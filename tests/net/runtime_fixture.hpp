#pragma once
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/containers/conmon_runtime.hpp"

namespace enibox::test {

// How the daemon of a test stands: as root without a user namespace, in the one that root's box has
// (all ids, one to one), or in an ordinary user's, with one id and no control groups.
enum class Privilege { kRoot, kMappedRoot, kUser };

// A daemon's runtime in a box: pid and mount namespace of its own (and a user namespace), a private
// /run, images of busybox and of an instance with runc, conmon and tini from this machine.
class RuntimeBox {
 public:
  explicit RuntimeBox(Privilege privilege);
  ~RuntimeBox();

  // As a daemon that ends and one that starts.
  void restart_runtime();
  containers::ConmonRuntime& runtime() { return *runtime_; }

  // Runs the loop until it holds; false after half a minute.
  bool wait_for(const std::function<bool()>& condition);
  // Calls, and runs the loop until the answer is there.
  template <typename T>
  Outcome<T> call(const std::function<void(Done<T>)>& start) {
    auto answer = std::make_shared<std::optional<Outcome<T>>>();
    start([answer](Outcome<T> outcome) { *answer = std::move(outcome); });
    if (!wait_for([&] { return answer->has_value(); }))
      return std::make_exception_ptr(std::runtime_error("no answer"));
    return std::move(**answer);
  }

  containers::HostStarted start_host(const std::string& id = "i-1");
  containers::PodStarted start_pod(const std::string& id = "t1", std::int64_t cpu_units = 0,
                                   std::int64_t memory_bytes = 0);
  // busybox's sh with this script, in pod t1 of host i-1.
  containers::ContainerSpec shell(const std::string& id, const std::string& script);
  Outcome<containers::ContainerStarted> start(const containers::ContainerSpec& spec);
  std::string stop_host(const std::string& id = "i-1");  // the error, if any
  std::string remove_host(const std::string& id = "i-1");

  struct Ran {
    std::string out, err;
    int code = -1;
  };
  Ran run(containers::ExecSpec spec, const std::string& input = {});
  Ran run_on_host(const std::string& script, bool tty = false);
  Ran run_in(const std::string& container_id, const std::string& script);

  // "name: what" of everything that the runtime could have left in box, machine and directories.
  std::vector<std::string> leftovers();
  // The same, and whatever a host's pods and containers are made of; not what is on its disk.
  std::vector<std::string> traces(pid_t host_init = 0);
  // Called before each step of a build-up, on the runtime's threads: a test may throw.
  std::function<void(const std::string& step)> before_step;

  std::vector<std::string> lines_of(const std::string& container_id) const;
  std::map<std::string, containers::ContainerExit> exits;
  std::map<std::string, std::vector<containers::LogLine>> logs;
  std::vector<std::string> dead_hosts;
  std::map<std::uint64_t, int> exec_codes;
  std::string run_dir, state_dir;
  netns::Cgroup cgroup;

 private:
  boost::asio::io_context loop_;
  std::unique_ptr<containers::ImageStore> images_;
  std::unique_ptr<containers::ConmonRuntime> runtime_;
  std::vector<std::string> mounts_before_;
};

// 64 digits that begin with these.
std::string container_id(const std::string& beginning);

// Runs the story as process 1 of a fresh box in a forked child. Skips where namespaces, runc,
// conmon, tini or busybox are missing.
void in_runtime_box(Privilege privilege, const std::function<void(RuntimeBox&)>& story);

}  // namespace enibox::test
