#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "emulator/containers/runtime.hpp"

namespace enibox::reconcile {

// Runs commands without a terminal, on a container instance or in a container, and collects what
// they print: user data, reading a file, health checks. Loop thread only.
class HostCommands {
 public:
  struct Result {
    int exit_code = -1;
    bool timed_out = false;
    std::string output;  // stdout and stderr as they came, bounded
  };
  HostCommands(boost::asio::io_context& loop, containers::Runtime& runtime)
      : loop_(loop), runtime_(runtime) {}

  // `input` is the command's whole standard input. One that runs longer than `timeout` (0: as long
  // as it likes) is killed, and the answer does not wait for its end.
  void run(containers::ExecSpec spec, std::string input, Done<Result> done,
           std::chrono::milliseconds timeout = {});
  // The runtime's event; true when the exec was one of ours.
  bool exited(std::uint64_t exec_id, int exit_code);

 private:
  struct Running;
  void start(const std::shared_ptr<Running>& running, containers::ExecStarted started);
  void finish_if_over(const std::shared_ptr<Running>& running);
  void finish(const std::shared_ptr<Running>& running);
  template <typename Stream>
  void read(const std::shared_ptr<Running>& running, Stream& stream);

  boost::asio::io_context& loop_;
  containers::Runtime& runtime_;
  std::map<std::uint64_t, std::shared_ptr<Running>> running_;
};

}  // namespace enibox::reconcile
