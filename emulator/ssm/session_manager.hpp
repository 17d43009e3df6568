#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/http/websocket.hpp"
#include "emulator/ssm/live_session.hpp"
#include "emulator/ssm/session_rows.hpp"

// All Session Manager sessions of the daemon: their rows, tokens, data channels and processes.
// Loop thread only.
namespace enibox::ssm {

class SessionManager final : public Sessions, public SessionOwner {
 public:
  using Options = SessionOptions;

  // Closes the rows a former daemon left open.
  SessionManager(boost::asio::io_context& loop, Clock& clock, store::Database& db,
                 containers::Runtime& runtime, Options options = {});
  ~SessionManager() override;

  // Makes the row and a token. The process starts when the client is connected and ready. Throws
  // AwsError ThrottlingException when there are too many.
  SessionHandle start(NewSession wanted) override;
  void end_all_of(const std::string& host_id, const std::string& container_id) override;

  // A new token for a session that lives; empty for one that ended. Throws AwsError
  // DoesNotExistException for what never was a session.
  std::optional<SessionHandle> resume(const std::string& region, const std::string& session_id,
                                      const std::string& endpoint_host);
  // What does not live stays as it is.
  void terminate(const std::string& region, const std::string& session_id);

  SessionRows& rows() { return rows_; }

  // A connection to the stream URL of `session_id`; its token comes as the first message. For
  // AwsEndpoint::on_data_channel.
  void accept_socket(const std::string& session_id, std::shared_ptr<api::http::WebSocket> socket);

  // Runtime::Events::exec_exited; execs of others are ignored.
  void exec_exited(std::uint64_t exec_id, int exit_code);

  // The daemon ends: tells every client `reason`, then calls `done` when all sockets are closed,
  // after 2 s at the latest. New sessions are refused from here on.
  void end_all(const std::string& reason, std::function<void()> done);

 private:
  struct Socket;  // a connection, from its upgrade to its end

  void session_status(LiveSession& session, const std::string& status) override;
  void session_runs(LiveSession& session, std::uint64_t exec_id) override;
  void session_leaves(std::uint64_t exec_id) override;
  void session_ended(LiveSession& session, const std::string& details, bool failed) override;

  void on_first_message(const std::shared_ptr<Socket>& socket, std::string_view message,
                        bool is_text);
  void refuse(Socket& socket, const std::string& text);
  void socket_closed(const std::shared_ptr<Socket>& socket);
  SessionHandle handle(LiveSession& session, const std::string& endpoint_host);
  std::vector<std::shared_ptr<LiveSession>> living() const;

  boost::asio::io_context& loop_;
  Clock& clock_;
  containers::Runtime& runtime_;
  Options options_;
  SessionRows rows_;
  std::map<std::string, std::shared_ptr<LiveSession>> live_;  // by session id
  std::map<std::uint64_t, std::weak_ptr<LiveSession>> by_exec_;
  std::map<std::uint64_t, std::unique_ptr<Clock::Timer>> leaving_;  // execs to be killed
  std::map<const Socket*, std::shared_ptr<Socket>> sockets_;
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::unique_ptr<Clock::Timer> stop_timer_;
};

}  // namespace enibox::ssm
