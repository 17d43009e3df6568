#include "emulator/ssm/session_manager.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>

#include "api/error.hpp"
#include "emulator/ids.hpp"

namespace enibox::ssm {
namespace {

constexpr std::string_view kPathPrefix = "/v1/data-channel/";
constexpr std::size_t kMaxLive = 1000;
constexpr std::size_t kMaxOpenMessageBytes = 4096;
constexpr Clock::Milliseconds kOpenMessageLimit{10'000}, kStopLimit{2'000};

// "<user>-" or "ecs-execute-command-", then 17 hex digits: how all our session ids end.
bool looks_like_ours(const std::string& session_id) {
  constexpr std::size_t kDigits = 17;
  if (session_id.size() < kDigits + 2 || session_id[session_id.size() - kDigits - 1] != '-') {
    return false;
  }
  return session_id.find_first_not_of("0123456789abcdef", session_id.size() - kDigits) ==
         std::string::npos;
}

}  // namespace

struct SessionManager::Socket {
  std::shared_ptr<api::http::WebSocket> socket;
  std::string session_id;
  std::weak_ptr<LiveSession> session;  // once its token was right
  bool refused = false;
  std::unique_ptr<Clock::Timer> limit;  // for the first message
};

SessionManager::SessionManager(boost::asio::io_context& loop, Clock& clock, store::Database& db,
                               containers::Runtime& runtime, Options options)
    : loop_(loop), clock_(clock), runtime_(runtime), options_(std::move(options)), rows_(db) {
  rows_.end_all_active("The daemon that held the session ended.", clock.now_ms());
}

SessionManager::~SessionManager() {
  // Sockets and timers may outlive the manager; nothing of them may come back to it.
  for (const auto& [key, socket] : sockets_) socket->socket->abort();
}

SessionHandle SessionManager::start(NewSession wanted) {
  if (stopping_ || live_.size() >= kMaxLive) {
    throw AwsError("ThrottlingException", "Too many sessions are open.");
  }
  const std::string host = wanted.endpoint_host;
  rows_.insert({.session_id = wanted.session_id,
                .region = wanted.region,
                .target = wanted.target,
                .status = "Connecting",
                .document_name = wanted.document,
                .owner = wanted.owner_arn,
                .reason = wanted.reason,
                .details = "",
                .start_ms = clock_.now_ms(),
                .end_ms = std::nullopt});
  auto session =
      std::make_shared<LiveSession>(std::move(wanted), options_, loop_, clock_, runtime_, *this);
  live_.emplace(session->id(), session);
  session->begin();
  return handle(*session, host);
}

SessionHandle SessionManager::handle(LiveSession& session, const std::string& endpoint_host) {
  return {.session_id = session.id(),
          .stream_url = "ws://" + endpoint_host + std::string(kPathPrefix) + session.id() +
                        "?role=publish_subscribe",
          .token_value = session.new_token()};
}

// Ending one changes live_.
std::vector<std::shared_ptr<LiveSession>> SessionManager::living() const {
  std::vector<std::shared_ptr<LiveSession>> sessions;
  for (const auto& [id, session] : live_) sessions.push_back(session);
  return sessions;
}

void SessionManager::end_all_of(const std::string& host_id, const std::string& container_id) {
  for (const auto& session : living()) {
    const auto& wanted = session->wanted();
    if (wanted.host_id != host_id) continue;
    // The end of a host is the end of everything on it.
    if (!container_id.empty() && wanted.container_id != container_id) continue;
    session->end(container_id.empty() ? "The instance has stopped." : "The container has stopped.");
  }
}

std::optional<SessionHandle> SessionManager::resume(const std::string& region,
                                                    const std::string& session_id,
                                                    const std::string& endpoint_host) {
  const auto found = live_.find(session_id);
  if (found != live_.end() && found->second->wanted().region == region) {
    return handle(*found->second, endpoint_host);
  }
  // The stock plugin gives up on an answer without a token, but waits for ever after an error; so
  // an id that an earlier daemon may have given out gets that answer, too.
  if (rows_.find(region, session_id) || looks_like_ours(session_id)) return std::nullopt;
  throw AwsError("DoesNotExistException", "Session " + session_id + " does not exist.");
}

void SessionManager::terminate(const std::string& region, const std::string& session_id) {
  const auto found = live_.find(session_id);
  if (found == live_.end() || found->second->wanted().region != region) return;
  const auto session = found->second;
  session->end("");
}

// --- connections ---------------------------------------------------------------------------------

// Every connection is taken, even for a session that is gone: the stock plugin hangs for ever when
// the upgrade is refused, and ends in order on channel_closed.
void SessionManager::accept_socket(const std::string& session_id,
                                   std::shared_ptr<api::http::WebSocket> websocket) {
  auto socket = std::make_shared<Socket>();
  socket->socket = std::move(websocket);
  socket->session_id = session_id;
  sockets_.emplace(socket.get(), socket);
  const std::weak_ptr<Socket> weak = socket;
  socket->limit = clock_.after(kOpenMessageLimit, [this, weak] {
    if (const auto late = weak.lock()) refuse(*late, "The client did not open the data channel.");
  });
  socket->socket->listen({.on_message =
                              [this, weak](std::string_view message, bool is_text) {
                                const auto held = weak.lock();
                                if (!held || held->refused) return;
                                if (const auto session = held->session.lock()) {
                                  session->on_message(*held->socket, message);
                                } else {
                                  on_first_message(held, message, is_text);
                                }
                              },
                          .on_drained =
                              [weak] {
                                const auto held = weak.lock();
                                if (!held) return;
                                if (const auto session = held->session.lock()) {
                                  session->on_socket_drained(*held->socket);
                                }
                              },
                          .on_closed =
                              [this, weak] {
                                if (const auto held = weak.lock()) socket_closed(held);
                              }});
}

void SessionManager::on_first_message(const std::shared_ptr<Socket>& socket,
                                      std::string_view message, bool is_text) {
  const bool readable = is_text && message.size() <= kMaxOpenMessageBytes;
  const auto open = readable ? stream::parse_open_data_channel(message) : std::nullopt;
  if (!open) {
    refuse(*socket, "The data channel must be opened with a token.");
    return;
  }
  const auto found = live_.find(socket->session_id);
  if (found == live_.end()) {
    refuse(*socket, "The session has ended.");
    return;
  }
  const auto session = found->second;
  if (!session->token_is_valid(open->token)) {
    refuse(*socket, "The token is not valid for this session.");
    return;
  }
  socket->limit.reset();
  socket->session = session;
  session->attach(socket->socket, open->client_id);
}

void SessionManager::refuse(Socket& socket, const std::string& text) {
  if (std::exchange(socket.refused, true)) return;
  const auto limit = std::move(socket.limit);
  socket.socket->send_binary(
      serialize(stream::make_channel_closed(socket.session_id, "", text, clock_.now_ms())));
  socket.socket->close();
}

void SessionManager::socket_closed(const std::shared_ptr<Socket>& socket) {
  sockets_.erase(socket.get());
  if (const auto session = socket->session.lock()) session->on_socket_closed(*socket->socket);
  if (sockets_.empty() && stopped_) clock_.post(std::exchange(stopped_, nullptr));
}

// --- what sessions tell --------------------------------------------------------------------------

void SessionManager::session_status(LiveSession& session, const std::string& status) {
  rows_.set_status(session.id(), status);
}

void SessionManager::session_runs(LiveSession& session, std::uint64_t exec_id) {
  by_exec_[exec_id] = session.weak_from_this();
}

// Its client is gone or told; whatever ignores SIGHUP is killed.
void SessionManager::session_leaves(std::uint64_t exec_id) {
  by_exec_.erase(exec_id);
  runtime_.signal_exec(exec_id, SIGHUP);
  leaving_[exec_id] = clock_.after(Clock::Milliseconds(options_.kill_ms), [this, exec_id] {
    const auto timer = leaving_.extract(exec_id);
    runtime_.signal_exec(exec_id, SIGKILL);
  });
}

void SessionManager::session_ended(LiveSession& session, const std::string& details, bool failed) {
  rows_.end(session.id(), failed ? "Failed" : "Terminated", details, clock_.now_ms());
  spdlog::debug("session {} ended {}", session.id(), details);
  live_.erase(session.id());
}

void SessionManager::exec_exited(std::uint64_t exec_id, int exit_code) {
  leaving_.erase(exec_id);
  const auto found = by_exec_.find(exec_id);
  if (found == by_exec_.end()) return;
  const auto session = found->second.lock();
  by_exec_.erase(found);
  if (session) session->on_exit(exit_code);
}

void SessionManager::end_all(const std::string& reason, std::function<void()> done) {
  stopping_ = true;
  for (const auto& session : living()) session->end_now(reason);
  for (const auto& [key, socket] : sockets_) {
    if (socket->session.expired()) refuse(*socket, reason);
  }
  if (sockets_.empty()) {
    clock_.post(std::move(done));
    return;
  }
  stopped_ = std::move(done);
  stop_timer_ = clock_.after(kStopLimit, [this] {
    if (stopped_) std::exchange(stopped_, nullptr)();
  });
}

}  // namespace enibox::ssm
