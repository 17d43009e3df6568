#pragma once
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "api/http/websocket.hpp"
#include "api/stream/agent_session.hpp"
#include "emulator/clock.hpp"
#include "emulator/containers/runtime.hpp"
#include "emulator/ssm/port_forward.hpp"
#include "emulator/ssm/process_io.hpp"
#include "emulator/ssm/sessions.hpp"
#include "emulator/ssm/target_names.hpp"

// One session while it lives: the data channel's state machine joined to a WebSocket on one side
// and a process on the other. Loop thread only.
namespace enibox::ssm {

struct SessionOptions {
  std::int64_t first_client_ms = 60'000;  // a session nobody connects to
  std::int64_t idle_ms = 20 * 60'000;     // no input and no output, or no client: as ECS Exec's
  std::int64_t exit_output_ms = 250;      // after a process' end, for output of its children
  std::int64_t end_output_ms = 1'000;     // after an end from outside, for the last output
  std::int64_t kill_ms = 3'000;           // from SIGHUP to SIGKILL
  NameServer name_server{};               // of every target
};

class LiveSession;

class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual void session_status(LiveSession& session, const std::string& status) = 0;
  virtual void session_runs(LiveSession& session, std::uint64_t exec_id) = 0;
  // The process of an ended session may still be there; the owner sees it killed.
  virtual void session_leaves(std::uint64_t exec_id) = 0;
  // The last call. `failed`: its process never ran.
  virtual void session_ended(LiveSession& session, const std::string& details, bool failed) = 0;
};

class LiveSession final : private stream::AgentEvents,
                          public std::enable_shared_from_this<LiveSession> {
 public:
  LiveSession(NewSession wanted, SessionOptions options, boost::asio::io_context& loop,
              Clock& clock, containers::Runtime& runtime, SessionOwner& owner);
  void begin();  // starts the wait for a client

  const std::string& id() const { return wanted_.session_id; }
  const NewSession& wanted() const { return wanted_; }
  bool is_ended() const { return ended_; }
  const std::shared_ptr<api::http::WebSocket>& socket() const { return socket_; }

  std::string new_token();
  bool token_is_valid(std::string_view token) const;

  // A connection that showed a valid token; a former one is replaced.
  void attach(std::shared_ptr<api::http::WebSocket> socket, const std::string& client_id);
  void on_message(const api::http::WebSocket& socket, std::string_view message);
  void on_socket_closed(const api::http::WebSocket& socket);
  void on_socket_drained(const api::http::WebSocket& socket);

  // Its process has exited.
  void on_exit(int exit_code);

  // Ends the process with SIGHUP, lets its last output out (bounded), then tells the client `text`.
  void end(std::string text);
  // Tells the client at once.
  void end_now(std::string text);

 private:
  void send(std::string frame) override;
  void start(stream::TerminalSize size) override;
  bool input(std::string_view bytes) override;
  void resize(stream::TerminalSize size) override;
  void flag(stream::Flag flag) override;
  void window_opened() override;
  void closed() override;

  void start_process();
  void start_forward();
  void open_socket(int family, int type, Done<netns::UniqueFd> done);
  void end_forward(const std::string& text);
  void on_started(Outcome<containers::ExecStarted> outcome);
  void on_output(std::string_view bytes, bool from_stderr);
  void on_eof();
  void finish();
  void finish_after_silence();
  void send_signal_bytes(std::string_view bytes);
  void note_activity() { last_activity_ms_ = clock_.now_ms(); }
  void watch_idleness();
  void set_timer(std::unique_ptr<Clock::Timer>& slot, std::int64_t delay_ms,
                 std::function<void()> action);
  void rearm();  // the state machine's next wish; after every call into it
  std::int64_t now() const { return clock_.now_ms(); }

  NewSession wanted_;
  SessionOptions options_;
  boost::asio::io_context& loop_;
  Clock& clock_;
  containers::Runtime& runtime_;
  SessionOwner& owner_;
  stream::SessionType type_;
  stream::AgentSession channel_;
  std::deque<std::string> tokens_;  // newest last
  std::shared_ptr<api::http::WebSocket> socket_;
  std::string client_id_;

  bool finishing_ = false, ended_ = false, failed_ = false;
  std::uint64_t exec_id_ = 0;  // 0: none yet
  std::shared_ptr<ProcessIo> process_;
  std::shared_ptr<PortForward> forward_;  // of a port session, in place of a process
  std::optional<TargetNames> names_;      // for its remote host
  std::string early_input_;               // typed while the process starts
  stream::TerminalSize size_;
  std::optional<int> exit_code_;
  std::optional<std::string> end_text_;
  bool separate_stderr_ = false;
  std::string details_;
  std::int64_t last_activity_ms_ = 0, last_output_ms_ = 0;

  std::unique_ptr<Clock::Timer> channel_timer_, idle_timer_, exit_timer_;
  std::int64_t channel_timer_at_ms_ = 0;
};

}  // namespace enibox::ssm
