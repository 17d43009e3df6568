#pragma once
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/http/server.hpp"
#include "emulator/clock.hpp"
#include "emulator/containers/runtime.hpp"
#include "emulator/engine/call.hpp"
#include "emulator/engine/event_streams.hpp"
#include "emulator/engine/exec_sessions.hpp"
#include "emulator/engine/log_streams.hpp"
#include "emulator/engine/source.hpp"
#include "emulator/engine/stats.hpp"
#include "emulator/engine/stop_waiters.hpp"

namespace enibox::engine {

// The part of the Docker Engine API (1.44) that a person on a container instance uses to look at
// what ECS runs there: ps, inspect, exec, logs, top, stats, stop, kill, wait, images, events. One
// unix socket a host; the host is known by the socket. Making, starting and removing containers and
// images is ECS's business and answers 501. Loop thread only.
class EngineApi {
 public:
  struct Parts {
    boost::asio::io_context& loop;
    api::http::Server& server;
    EngineSource& source;
    containers::Runtime& runtime;
    Clock& clock;
  };
  explicit EngineApi(Parts parts);
  ~EngineApi();
  EngineApi(const EngineApi&) = delete;
  EngineApi& operator=(const EngineApi&) = delete;

  // Makes RUN_DIR/docker.sock (mode 0660, one that is there is replaced) and serves it. Throws
  // std::system_error.
  void listen(const std::string& host_id, const std::string& run_dir);
  // Closes the socket, its connections and exec sessions. Unknown hosts are fine.
  void forget(const std::string& host_id);

  // What the runtime tells, after the rows have it.
  void container_exited(const containers::ContainerExit& exit);
  void logged(const std::string& container_id, const std::vector<containers::LogLine>& lines);
  bool exec_exited(std::uint64_t exec_id, int exit_code);  // true: it was one of ours
  // For `docker events`: "create", "start", "kill", "destroy", ... and what the action adds to the
  // container's attributes.
  void publish(const std::string& container_id, const std::string& action,
               const std::map<std::string, std::string>& attributes = {});

 private:
  using Method = void (EngineApi::*)(const Call&);
  struct Route {
    const char* method;
    std::vector<std::string> path;  // "*": any one segment, "**": one or more
    Method serve;
  };
  struct Socket {
    api::http::Server::ListenerId listener = 0;
    std::string path;
  };
  static const std::vector<Route>& routes();
  static bool matches(const Route& route, const Call& call);
  void handle(const std::string& host_id, api::http::Request&& request,
              std::shared_ptr<api::http::Exchange> exchange);
  void serve(const Call& call);

  void ping(const Call& call);
  void version(const Call& call);
  void info(const Call& call);
  void list_containers(const Call& call);
  void inspect_container(const Call& call);
  void container_logs(const Call& call);
  void container_top(const Call& call);
  void container_stats(const Call& call);
  void create_exec(const Call& call);
  void stop_container(const Call& call);
  void kill_container(const Call& call);
  void wait_container(const Call& call);
  void start_exec(const Call& call);
  void resize_exec(const Call& call);
  void inspect_exec(const Call& call);
  void list_images(const Call& call);
  void inspect_image(const Call& call);
  void list_networks(const Call& call);
  void inspect_network(const Call& call);
  void list_volumes(const Call& call);
  void events(const Call& call);
  [[noreturn]] void no_swarm(const Call& call);

  EngineContainer container_of(const Call& call);  // named by the second segment
  // Reads the images, then answers with `use`, whose EngineError becomes the answer.
  using UseImages = std::function<void(const std::vector<EngineImage>&)>;
  void with_images(const Call& call, UseImages use);

  Parts p_;
  ExecSessions execs_;
  LogStreams logs_;
  EventStreams events_;
  Stats stats_;
  StopWaiters waiters_;
  std::map<std::string, Socket> sockets_;  // by host
};

}  // namespace enibox::engine
