#include "api/http/connection.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "api/http/answer_stream.hpp"
#include "api/http/pending_exchange.hpp"
#include "api/http/raw_stream.hpp"
#include "api/http/serialize.hpp"
#include "api/http/websocket_session.hpp"

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;

namespace enibox::api::http {
namespace {

// Read ahead of a request that is being answered, to see whether the client is still there.
constexpr std::size_t kMaxAheadBytes = 64 << 10;
// An idle connection keeps no more than this.
constexpr std::size_t kIdleBufferBytes = 4 << 10;

bool is_websocket_upgrade(const bhttp::header<true, Fields>& head) {
  return boost::beast::iequals(head[bhttp::field::upgrade], "websocket");
}

// The lines of the request that RFC 6455 section 4.2.1 wants, as Beast reads them.
std::string handshake_of(const bhttp::header<true, Fields>& head) {
  std::string text = "GET / HTTP/1.1\r\n";
  for (const auto field : {bhttp::field::host, bhttp::field::upgrade, bhttp::field::connection,
                           bhttp::field::sec_websocket_key, bhttp::field::sec_websocket_version}) {
    const auto found = head.find(field);
    if (found == head.end()) continue;
    text.append(bhttp::to_string(field)).append(": ").append(found->value()).append("\r\n");
  }
  return text.append("\r\n");
}

unsigned status_of(const boost::system::error_code& error) {
  if (error == bhttp::error::header_limit) return 431;
  if (error == bhttp::error::body_limit) return 413;
  if (error == bhttp::error::bad_version) return 505;
  return 400;
}

}  // namespace

Connection::Connection(std::shared_ptr<Pipe> pipe, const Setup& setup)
    : Tracked(setup.registry, setup.listener),
      pipe_(std::move(pipe)),
      limits_(setup.limits),
      handler_(setup.handler) {}

void Connection::start() {
  pipe_->set_user(shared_from_this());
  mark_idle(std::chrono::steady_clock::now() + limits_.idle_timeout);
  pipe_->start_reading();
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
  mark_busy(std::chrono::steady_clock::now() + from_now);
}

// --- parsing ---

void Connection::on_bytes(std::string_view bytes) {
  if (phase_ == Phase::kLingering) return;
  input_.append(bytes);
  if (parsing()) {
    advance();
  } else if (input_.size() - position_ > kMaxAheadBytes) {
    pipe_->stop_reading();
  }
}

// Parses what is here until it ends or a request waits for its answer. A handler may answer inside
// it: the loop goes on with the next request, without recursion.
void Connection::advance() {
  if (advancing_) return;
  const auto self = shared_from_this();
  advancing_ = true;
  while (parsing() && position_ < input_.size() && parse_some()) {
  }
  advancing_ = false;
  if (phase_ == Phase::kTaken || phase_ == Phase::kClosed) return;
  input_.erase(0, position_);
  position_ = 0;
  if (phase_ == Phase::kIdle && input_.capacity() > kIdleBufferBytes) input_ = {};
  if (!parsing()) return;
  if (peer_ended_) return cut();
  pipe_->start_reading();
}

// False when more bytes are needed.
bool Connection::parse_some() {
  if (!parser_) {
    // Empty lines before a request are skipped (RFC 9112 section 2.2).
    position_ = std::min(input_.find_first_not_of("\r\n", position_), input_.size());
    if (position_ == input_.size()) return false;
    begin_request();
  }
  boost::system::error_code error;
  position_ +=
      parser_->put(asio::const_buffer(input_.data() + position_, input_.size() - position_), error);
  const bool wants_more = error == bhttp::error::need_more;
  if (error && !wants_more) {
    refuse(status_of(error), error.message());
    return false;
  }
  if (!head_seen_ && parser_->is_header_done()) on_head();
  if (phase_ == Phase::kBody && parser_->is_done()) dispatch();
  return !wants_more;
}

void Connection::begin_request() {
  parser_.emplace();
  parser_->header_limit(limits_.max_header_bytes);
  parser_->body_limit(limits_.max_body_bytes);
  phase_ = Phase::kHead;
  head_seen_ = false;
  keep_alive_ = false;
  http_1_0_ = head_only_ = chunked_ = false;
  set_deadline(limits_.header_timeout);
}

void Connection::on_head() {
  head_seen_ = true;
  phase_ = Phase::kBody;
  const auto& head = parser_->get();
  http_1_0_ = head.version() < 11;
  head_only_ = head.method() == bhttp::verb::head;
  keep_alive_ = parser_->keep_alive();
  parser_->eager(true);
  if (parser_->is_done()) return;
  set_deadline(limits_.body_timeout);
  if (http_1_0_) return;
  const auto expected = head[bhttp::field::expect];
  if (expected.empty()) return;
  if (!boost::beast::iequals(expected, "100-continue")) {
    return refuse(417, "only 'Expect: 100-continue' is served");
  }
  pipe_->write("HTTP/1.1 100 Continue\r\n\r\n");
}

Request Connection::take_request() {
  auto& message = parser_->get();
  handshake_ = is_websocket_upgrade(message) ? handshake_of(message) : std::string{};
  Request request;
  request.method = std::string(message.method_string());
  std::string_view target(message.target().data(), message.target().size());
  // A client that takes us for a proxy names the whole address.
  if (target.starts_with("http://")) {
    const auto slash = target.find('/', 7);
    target = slash == target.npos ? std::string_view("/") : target.substr(slash);
  }
  const auto mark = target.find('?');
  request.path = std::string(target.substr(0, mark));
  if (mark != target.npos) request.query = std::string(target.substr(mark + 1));
  request.body = std::move(message.body());
  request.headers = std::move(static_cast<Fields&>(message.base()));
  return request;
}

void Connection::dispatch() {
  phase_ = Phase::kRunning;
  mark_busy(kNever);
  auto request = take_request();
  auto exchange = std::make_shared<PendingExchange>(shared_from_this());
  try {
    (*handler_)(std::move(request), exchange);
  } catch (const std::exception& error) {
    spdlog::error("http: a handler failed: {}", error.what());
    exchange->reply(
        {.status = 500, .content_type = "text/plain", .body = "internal error\n", .headers = {}});
  }
}

void Connection::refuse(unsigned status, std::string text) {
  keep_alive_ = false;
  phase_ = Phase::kRunning;
  text.push_back('\n');
  reply({.status = status, .content_type = "text/plain", .body = std::move(text), .headers = {}});
}

// --- answering ---

void Connection::reply(Response response) {
  if (phase_ != Phase::kRunning) return;
  if (registry().stopping()) keep_alive_ = false;
  auto head = response_head(
      response,
      {.keep_alive = keep_alive_, .http_1_0 = http_1_0_, .content_length = response.body.size()});
  if (head_only_) response.body.clear();
  pipe_->write(std::move(head), std::move(response.body));
  answer_written();
}

void Connection::answer_written() {
  on_gone_ = nullptr;
  if (pipe_->queued() == 0) return finish_request();
  phase_ = Phase::kWriting;
  set_deadline(limits_.write_timeout);
}

void Connection::finish_request() {
  parser_.reset();
  if (!keep_alive_) return linger();
  phase_ = Phase::kIdle;
  mark_idle(std::chrono::steady_clock::now() + limits_.idle_timeout);
  advance();
}

// FIN and wait: closing with unread bytes would reset the connection, and a client that is still
// sending would never see why it was refused.
void Connection::linger() {
  phase_ = Phase::kLingering;
  if (peer_ended_) return cut();
  input_ = {};
  position_ = 0;
  pipe_->shutdown_send();
  set_deadline(limits_.linger);
  pipe_->start_reading();
}

std::shared_ptr<ByteStream> Connection::stream(Response head) {
  if (phase_ != Phase::kRunning) return nullptr;
  phase_ = Phase::kStreaming;
  on_gone_ = nullptr;
  if (registry().stopping() || http_1_0_) keep_alive_ = false;
  chunked_ = !http_1_0_ && !head_only_;
  pipe_->write(response_head(head, {.keep_alive = keep_alive_,
                                    .http_1_0 = http_1_0_,
                                    .chunked = chunked_,
                                    .content_length = {}}));
  stream_ = std::make_shared<AnswerStream>(shared_from_this());
  if (!head.body.empty()) stream_->write(std::move(head.body));
  return stream_;
}

void Connection::write_streamed(std::string bytes) {
  if (phase_ != Phase::kStreaming || head_only_) return;
  if (!chunked_) return pipe_->write(std::move(bytes));
  std::array<char, 20> size{};
  const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  bytes.append("\r\n");
  pipe_->write(std::string(size.data(), static_cast<std::size_t>(length)), std::move(bytes));
}

void Connection::end_streamed() {
  if (phase_ != Phase::kStreaming) return;
  if (chunked_) pipe_->write("0\r\n\r\n");
  asio::post(pipe_->executor(), std::exchange(stream_, nullptr)->finish());
  answer_written();
}

std::shared_ptr<ByteStream> Connection::hijack(std::string head) {
  if (phase_ != Phase::kRunning) return nullptr;
  phase_ = Phase::kTaken;
  on_gone_ = nullptr;
  pipe_->stop_reading();
  const auto raw = std::make_shared<RawStream>(
      pipe_, shared_registry(), listener(), limits_,
      RawStream::Leftover{.bytes = input_.substr(position_), .eof = peer_ended_});
  untrack();
  pipe_->set_user(raw);
  pipe_->write(std::move(head));
  return raw;
}

void Connection::accept_websocket(std::function<void(std::shared_ptr<WebSocket>)> opened) {
  if (phase_ != Phase::kRunning) return;
  if (handshake_.empty()) {
    keep_alive_ = false;
    return reply({.status = 426,
                  .content_type = "text/plain",
                  .body = "this address speaks WebSocket\n",
                  .headers = {{"Upgrade", "websocket"}}});
  }
  phase_ = Phase::kTaken;
  on_gone_ = nullptr;
  handshake_.append(input_, position_);
  const auto session =
      std::make_shared<WebSocketSession>(pipe_->release(), shared_registry(), listener(), limits_);
  untrack();
  session->accept(std::move(handshake_), std::move(opened));
}

// --- what befalls a connection ---

void Connection::on_gone(std::function<void()> action) {
  if (phase_ == Phase::kRunning) on_gone_ = std::move(action);
}

void Connection::notify_gone() {
  if (on_gone_) asio::post(pipe_->executor(), std::exchange(on_gone_, nullptr));
}

void Connection::on_eof() {
  peer_ended_ = true;
  // Half a request will never be whole; a streamed answer has no reader. Whoever only said that no
  // further request follows still gets the answer.
  if (phase_ == Phase::kRunning) return notify_gone();
  if (phase_ != Phase::kWriting) cut();
}

void Connection::on_progress() {
  if (phase_ == Phase::kStreaming) return stream_->on_progress();
  if (phase_ != Phase::kWriting) return;
  if (pipe_->queued() == 0) return finish_request();
  set_deadline(limits_.write_timeout);
}

void Connection::on_deadline() {
  if (phase_ != Phase::kHead && phase_ != Phase::kBody) return cut();
  refuse(408, phase_ == Phase::kHead ? "the request's head took too long"
                                     : "the request's body took too long");
}

void Connection::drain() {
  keep_alive_ = false;
  if (phase_ != Phase::kRunning && phase_ != Phase::kWriting && phase_ != Phase::kLingering) cut();
}

void Connection::cut() {
  if (phase_ == Phase::kClosed || phase_ == Phase::kTaken) return;
  const auto self = shared_from_this();
  phase_ = Phase::kClosed;
  untrack();
  notify_gone();
  if (stream_) asio::post(pipe_->executor(), std::exchange(stream_, nullptr)->finish());
  pipe_->close();
}

}  // namespace enibox::api::http
