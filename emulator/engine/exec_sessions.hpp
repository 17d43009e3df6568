#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/clock.hpp"
#include "emulator/containers/runtime.hpp"
#include "emulator/engine/call.hpp"
#include "emulator/engine/source.hpp"

namespace enibox::engine {

// `docker exec`: made, started, resized and looked at by four requests. The connection of the start
// becomes the terminal. Loop thread only.
class ExecSessions {
 public:
  ExecSessions(boost::asio::io_context& loop, containers::Runtime& runtime, Clock& clock)
      : loop_(loop), runtime_(runtime), clock_(clock) {}
  ~ExecSessions();

  void create(const Call& call, const EngineContainer& container);
  void start(const Call& call, const std::string& exec_id);
  void resize(const Call& call, const std::string& exec_id);
  void inspect(const Call& call, const std::string& exec_id);

  // Runtime::Events::exec_exited; true when the exec was one of ours.
  bool exited(std::uint64_t runtime_exec_id, int exit_code);
  // The host is gone: its sessions end.
  void forget_host(const std::string& host_id);
  std::vector<std::string> running_in(const std::string& container_id) const;

 private:
  struct Exec;
  Exec& find(const Call& call, const std::string& exec_id);
  void make_room();
  static void connect(const std::shared_ptr<Exec>& exec, const Call& call);
  void started(const std::shared_ptr<Exec>& exec, const Call& call,
               containers::ExecStarted started);

  boost::asio::io_context& loop_;
  containers::Runtime& runtime_;
  Clock& clock_;
  std::map<std::string, std::shared_ptr<Exec>> execs_;  // by docker's id
  std::map<std::uint64_t, int> early_exits_;            // of execs whose start is not reported yet
  int starting_ = 0;
};

}  // namespace enibox::engine
