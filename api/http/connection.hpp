#pragma once
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "api/http/exchange.hpp"
#include "api/http/limits.hpp"
#include "api/http/pipe.hpp"
#include "api/http/registry.hpp"

namespace enibox::api::http {

class AnswerStream;

// HTTP/1.1 on one connection: a state machine fed by the pipe, one request at a time. What a client
// sends ahead (pipelining) waits in `input_`.
class Connection final : public Pipe::User,
                         public Tracked,
                         public std::enable_shared_from_this<Connection> {
 public:
  struct Setup {
    std::shared_ptr<Registry> registry;
    std::uint64_t listener = 0;
    Limits limits;
    std::shared_ptr<const RequestHandler> handler;
  };
  Connection(std::shared_ptr<Pipe> pipe, const Setup& setup);
  void start();

  // The side of the exchange; each is ignored when the request is not waiting any more.
  void reply(Response response);
  std::shared_ptr<ByteStream> stream(Response head);
  std::shared_ptr<ByteStream> hijack(std::string head);
  void accept_websocket(std::function<void(std::shared_ptr<WebSocket>)> opened);
  void on_gone(std::function<void()> action);
  bool waits_for_answer() const { return phase_ == Phase::kRunning; }

  // The side of the answer stream.
  void write_streamed(std::string bytes);
  void end_streamed();
  std::size_t queued() const { return pipe_->queued(); }

  void on_bytes(std::string_view bytes) override;
  void on_eof() override;
  void on_progress() override;
  void on_broken() override { cut(); }

  void on_deadline() override;
  void drain() override;
  void cut() override;

 private:
  enum class Phase {
    kIdle,       // between requests
    kHead,       // part of a head is here
    kBody,       // the head is here, the body not
    kRunning,    // the handler has it
    kWriting,    // the answer is not yet with the kernel
    kStreaming,  // the handler writes the answer bit by bit
    kLingering,  // answered for the last time; the client may read on
    kTaken,      // the socket is no longer ours (hijack, WebSocket)
    kClosed
  };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  bool parsing() const {
    return phase_ == Phase::kIdle || phase_ == Phase::kHead || phase_ == Phase::kBody;
  }
  void advance();
  bool parse_some();
  void begin_request();
  void on_head();
  void dispatch();
  Request take_request();
  void refuse(unsigned status, std::string text);
  void answer_written();
  void finish_request();
  void linger();
  void notify_gone();
  void set_deadline(std::chrono::milliseconds from_now);

  std::shared_ptr<Pipe> pipe_;
  Limits limits_;
  std::shared_ptr<const RequestHandler> handler_;
  Phase phase_ = Phase::kIdle;
  std::optional<Parser> parser_;
  std::string input_;  // bytes read and not yet parsed, from position_ on
  std::size_t position_ = 0;
  std::string handshake_;  // of a WebSocket upgrade request
  std::shared_ptr<AnswerStream> stream_;
  std::function<void()> on_gone_;
  bool keep_alive_ = true, http_1_0_ = false, head_only_ = false, chunked_ = false;
  bool head_seen_ = false, peer_ended_ = false, advancing_ = false;
};

}  // namespace enibox::api::http
