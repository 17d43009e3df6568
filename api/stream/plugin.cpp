#include "api/stream/plugin.hpp"

#include <poll.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <csignal>
#include <deque>
#include <optional>

#include "api/stream/client_session.hpp"
#include "api/stream/port_listener.hpp"
#include "api/stream/service_client.hpp"
#include "api/stream/terminal.hpp"

namespace enibox::stream {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using std::chrono::milliseconds;
using WebSocket = beast::websocket::stream<beast::tcp_stream>;

constexpr std::chrono::seconds kConnectLimit{10}, kDeadPeer{60};
constexpr milliseconds kBeginLimit{30'000};  // a server that says nothing
constexpr milliseconds kFirstPause{100}, kLongestPause{5'000};
constexpr int kConnectTries = 7;               // about 6 s
constexpr milliseconds kResumeLimit{120'000};  // then the session counts as lost
constexpr milliseconds kFlagLimit{5'000};
constexpr std::size_t kMostQueued = 4 << 20;
constexpr milliseconds kQueueLook{10};
constexpr milliseconds kSilenceAfterEof{60'000};  // input has ended and nothing comes any more

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count();
}

// Blocking on purpose: a terminal that is stopped stops the session's output, too.
void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return;  // nobody reads any more; SIGPIPE or the session's end will end us
    }
  }
}

class Plugin final : private ClientEvents {
 public:
  explicit Plugin(const PluginArguments& session) : session_(session) {}

  int run() {
    write_all("\nStarting session with SessionId: " + session_.session_id + "\n");
    watch_signals();
    asio::co_spawn(loop_, hold_session(), [this](std::exception_ptr error) {
      if (error) give_up("unexpected failure");
    });
    loop_.run();
    terminal_.restore();
    write_all(last_words_);
    return exit_status_;
  }

 private:
  // --- the connection's life ---------------------------------------------------------------------
  asio::awaitable<void> hold_session() {
    const auto url = parse_url(session_.stream_url);
    if (!url || url->scheme != "ws") {
      give_up(url && url->scheme == "wss" ? "wss:// stream URLs are not supported by this plugin"
                                          : "the stream URL is no ws:// URL");
      co_return;
    }
    std::string token = session_.token;
    bool first = true;
    while (!over_) {
      const bool connected = co_await connect(*url, first ? kConnectTries : 1);
      first = false;
      if (connected) {
        const std::string open = client_.open_message(token);
        co_await talk(open);
      } else if (!client_.is_begun()) {
        give_up(connect_error_);
      }
      if (over_) co_return;
      const auto fresh = co_await resume();
      if (over_) co_return;
      if (!fresh) {
        end("Session: " + session_.session_id + " timed out.\n", 0);
        co_return;
      }
      token = *fresh;
    }
  }

  asio::awaitable<bool> connect(const Url& url, int tries) {
    auto pause = kFirstPause;
    for (int attempt = 0; attempt < tries && !over_; ++attempt) {
      if (attempt > 0) co_await sleep(pause);
      if (attempt > 0) pause = std::min(pause * 2, kLongestPause);
      try {
        co_await dial(url);
        co_return true;
      } catch (const std::exception& error) {
        connect_error_ = "cannot connect to " + session_.stream_url + ": " + reason(error);
        socket_.reset();
      }
    }
    co_return false;
  }

  asio::awaitable<void> dial(const Url& url) {
    asio::ip::tcp::resolver resolver(loop_);
    const auto addresses = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
    socket_ = std::make_shared<WebSocket>(loop_);
    auto& stream = beast::get_lowest_layer(*socket_);
    stream.expires_after(kConnectLimit);
    co_await stream.async_connect(addresses, asio::use_awaitable);
    stream.expires_never();
    stream.socket().set_option(asio::ip::tcp::no_delay(true));
    const beast::websocket::stream_base::timeout limits{kConnectLimit, kDeadPeer, true};
    socket_->set_option(limits);
    socket_->read_message_max(16 << 20);
    const std::string host =
        url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    co_await socket_->async_handshake(host + ":" + url.port, url.target, asio::use_awaitable);
  }

  // Until the connection or the session ends.
  asio::awaitable<void> talk(const std::string& open) {
    const auto socket = socket_;
    frames_.clear();
    error_code error;
    socket->text(true);
    co_await socket->async_write(asio::buffer(open),
                                 asio::redirect_error(asio::use_awaitable, error));
    socket->binary(true);
    if (!error) {
      away_ = false;
      client_.attach(now_ms());
      rearm();
      if (!client_.is_begun()) limit_wait_for_begin();
    }
    beast::flat_buffer buffer;
    while (!error && !over_) {
      co_await socket->async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
      if (error || over_) break;
      heard_ = true;
      const auto data = buffer.data();
      client_.receive(now_ms(), {static_cast<const char*>(data.data()), data.size()});
      buffer.consume(buffer.size());
      rearm();
      pump_input();
      // A local connection that does not read stops the far side, as a stopped terminal would.
      while (forward_ && forward_->queued_bytes() > kMostQueued && !over_) {
        co_await sleep(kQueueLook);
      }
    }
    client_.detach(now_ms());
    error_code ignored;
    beast::get_lowest_layer(*socket).socket().close(ignored);
    if (socket_ == socket) socket_.reset();
  }

  // A fresh token; empty when the service says that the session is over. Ends the session itself
  // when nobody answers for long.
  asio::awaitable<std::optional<std::string>> resume() {
    const std::int64_t give_up_at = now_ms() + kResumeLimit.count();
    // A connection that breaks again and again without a word is no connection.
    silent_connections_ = heard_ ? 0 : silent_connections_ + 1;
    heard_ = false;
    if (silent_connections_ >= kConnectTries) {
      give_up("the server closes the connection to session " + session_.session_id);
    }
    auto pause = kFirstPause;
    while (!over_) {
      const Json input = {{"SessionId", session_.session_id}};
      const auto answer = co_await call_ssm(session_, "ResumeSession", input);
      if (answer.status == 200 && answer.body.is_object()) {
        const auto token = answer.body.find("TokenValue");
        if (token == answer.body.end() || !token->is_string()) co_return std::nullopt;
        co_return token->get<std::string>();
      }
      const bool refused = answer.status >= 400 && answer.status < 500;
      if (refused || now_ms() > give_up_at || session_.endpoint.empty()) {
        give_up("the connection was lost and could not be resumed: " + answer.error);
        break;
      }
      if (!std::exchange(away_, true)) {
        write_all("\r\nThe connection was lost. Trying to resume the session, Ctrl-C ends it.\r\n");
      }
      co_await sleep(pause);
      pause = std::min(pause * 2, kLongestPause);
    }
    co_return std::nullopt;
  }

  asio::awaitable<void> sleep(milliseconds pause) {
    error_code ignored;
    pause_timer_.expires_after(pause);
    co_await pause_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  void limit_wait_for_begin() {
    limit_timer_.expires_after(kBeginLimit);
    limit_timer_.async_wait([this](error_code error) {
      if (!error && !client_.is_begun()) give_up("the session does not begin");
    });
  }

  // --- ends --------------------------------------------------------------------------------------
  void give_up(const std::string& why) { end("Cannot perform start session: " + why + "\n", 1); }

  void end(std::string words, int status) {
    if (std::exchange(over_, true)) return;
    last_words_ = std::move(words);
    exit_status_ = status;
    loop_.stop();
  }

  // --- signals and the terminal ------------------------------------------------------------------
  void watch_signals() {
    for (const int number : {SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGTERM, SIGHUP}) {
      signals_.add(number);
    }
    wait_for_signal();
  }
  void wait_for_signal() {
    signals_.async_wait([this](error_code error, int number) {
      if (error) return;
      on_signal(number);
      if (!over_) wait_for_signal();
    });
  }
  // Keys that make signals reach the far side as the bytes they are.
  void on_signal(int number) {
    const char byte = number == SIGINT ? '\x03' : number == SIGQUIT ? '\x1c' : '\x1a';
    if (number == SIGTERM || number == SIGHUP) {
      end("", 128 + number);
    } else if (number == SIGWINCH) {
      send_size();
    } else if (forward_) {
      write_all("Terminate signal received, exiting.\n");
      last_words_ = "\n\nExiting session with sessionId: " + session_.session_id + ".\n\n";
      end_port_session();
    } else if (client_.is_begun()) {
      client_.input(now_ms(), {&byte, 1});
      rearm();
    } else if (number != SIGTSTP) {
      end("", 128 + number);
    }
  }
  void send_size() {
    const auto size = terminal_size();
    if (!client_.is_begun() || port_ || size == sent_size_) return;
    sent_size_ = size;
    client_.resize(now_ms(), size);
    rearm();
  }

  // --- standard input ----------------------------------------------------------------------------
  void pump_input() {
    if (forward_) forward_->resume();
    if (forward_ || reading_ || over_ || input_ended_) return;
    if (!client_.is_begun() || !client_.wants_input()) return;
    reading_ = true;
    stdin_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code error) {
      reading_ = false;
      // A file is always ready, and cannot be waited for.
      if (error && error != asio::error::operation_not_supported) return;
      read_input();
      pump_input();
    });
  }
  void read_input() {
    char bytes[4096];
    const auto size = ::read(stdin_.native_handle(), bytes, sizeof bytes);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
      on_input_end();
      return;
    }
    std::string_view text(bytes, static_cast<std::size_t>(size));
    if (away_ && text.find('\x03') != std::string_view::npos) {
      give_up("the connection was lost");
      return;
    }
    if (!port_ && text == "\n") text = "\r";  // Enter, from something that is no raw terminal
    line_open_ = text.back() != '\n' && text.back() != '\r';
    client_.input(now_ms(), text);
    rearm();
  }
  // The far side learns it as a terminal would say it; its answers are still to come.
  void on_input_end() {
    input_ended_ = true;
    if (port_) {
      end_port_session();
      return;
    }
    client_.input(now_ms(), line_open_ ? "\x04\x04" : "\x04");
    rearm();
    end_after_silence();
  }
  void end_after_silence() {
    const auto left = kSilenceAfterEof.count() - (now_ms() - last_output_ms_);
    if (left <= 0) {
      end("\n\nExiting session with sessionId: " + session_.session_id + ".\n\n", 0);
      return;
    }
    limit_timer_.expires_after(milliseconds(left));
    limit_timer_.async_wait([this](error_code error) {
      if (!error) end_after_silence();
    });
  }
  // A port session ends when whoever used our standard input and output is gone.
  void end_port_session() {
    client_.flag(now_ms(), Flag::kTerminateSession);
    rearm();
    eof_ms_ = now_ms();
    end_when_acknowledged();
  }
  void end_when_acknowledged() {
    if (client_.all_acknowledged() || now_ms() - eof_ms_ > kFlagLimit.count()) {
      end(last_words_, 0);
      return;
    }
    limit_timer_.expires_after(kFirstPause);
    limit_timer_.async_wait([this](error_code error) {
      if (!error) end_when_acknowledged();
    });
  }

  // --- frames out --------------------------------------------------------------------------------
  void send(std::string frame) override {
    if (!socket_) return;
    frames_.push_back(std::make_shared<std::string>(std::move(frame)));
    if (frames_.size() == 1) write_next();
  }
  // A frame under way lives as long as its write, also when the connection is given up.
  void write_next() {
    socket_->async_write(
        asio::buffer(*frames_.front()),
        [this, socket = socket_, frame = frames_.front()](error_code error, std::size_t) {
          if (error || socket != socket_) return;
          frames_.pop_front();
          if (!frames_.empty()) write_next();
        });
  }
  void rearm() {
    const auto at = client_.wake_at();
    if (!at) return;
    channel_timer_.expires_after(milliseconds(std::max<std::int64_t>(*at - now_ms(), 0)));
    channel_timer_.async_wait([this](error_code error) {
      if (error) return;
      client_.wake(now_ms());
      rearm();
    });
  }

  // --- what the far side says --------------------------------------------------------------------
  void begin(SessionType type, const Json& properties) override {
    limit_timer_.cancel();
    port_ = type == SessionType::kPort;
    if (port_ && properties.is_object() && properties.contains("type")) forward(properties);
    if (over_) return;
    if (!port_) {
      terminal_.enter();
      sent_size_ = terminal_size();
      client_.resize(now_ms(), *sent_size_);
    }
    last_output_ms_ = now_ms();
    asio::post(loop_, [this] { pump_input(); });
  }
  // A local port: the far side announces a version that multiplexes, so only that is spoken here.
  void forward(const Json& properties) {
    const auto wanted = properties.find("localPortNumber");
    const bool given = wanted != properties.end() && wanted->is_string();
    const int port = given ? std::atoi(wanted->get_ref<const std::string&>().c_str()) : 0;
    forward_ = std::make_unique<PortListener>(
        loop_, PortListener::Events{.send =
                                        [this](std::string_view bytes) {
                                          client_.input(now_ms(), bytes);
                                          rearm();
                                        },
                                    .may_send = [this] { return client_.wants_input(); },
                                    .accepted =
                                        [this] {
                                          write_all("\nConnection accepted for session [" +
                                                    session_.session_id + "]\n");
                                        }});
    try {
      const auto opened = forward_->listen(static_cast<std::uint16_t>(port));
      write_all("Port " + std::to_string(opened) + " opened for sessionId " + session_.session_id +
                ".\nWaiting for connections...\n");
    } catch (const std::exception& error) {
      give_up("cannot listen on port " + std::to_string(port) + ": " + reason(error));
    }
  }
  void output(PayloadType, std::string_view bytes) override {
    last_output_ms_ = now_ms();
    if (forward_) {
      if (!forward_->receive(bytes)) give_up("the far side does not multiplex its connections");
      return;
    }
    write_all(bytes);
  }
  void notice(const std::string& text) override { write_all(text + "\n"); }
  void flag(std::uint32_t value) override {
    if (value == static_cast<std::uint32_t>(Flag::kConnectError)) {
      write_all("\nConnection to destination port failed, check SSM Agent logs.\n");
    }
  }
  void exit_code(int code) override { exit_code_ = code; }
  void closed(const std::string& text) override {
    const std::string words =
        text.empty() ? "\n\nExiting session with sessionId: " + session_.session_id + ".\n\n"
                     : "\n\nSessionId: " + session_.session_id + " : " + text + "\n\n";
    end(words, exit_code_.value_or(0));
  }

  const PluginArguments& session_;
  asio::io_context loop_{1};
  ClientSession client_{{.client_version = kPluginVersion}, *this};
  RawTerminal terminal_;
  std::unique_ptr<PortListener> forward_;
  asio::signal_set signals_{loop_};
  InputDescriptor input_;
  asio::posix::stream_descriptor stdin_{loop_, input_.descriptor()};
  asio::steady_timer channel_timer_{loop_}, pause_timer_{loop_}, limit_timer_{loop_};
  std::shared_ptr<WebSocket> socket_;
  std::deque<std::shared_ptr<std::string>> frames_;
  std::string connect_error_, last_words_;
  std::optional<TerminalSize> sent_size_;
  std::optional<int> exit_code_;
  std::int64_t last_output_ms_ = 0, eof_ms_ = 0;
  int exit_status_ = 0, silent_connections_ = 0;
  bool over_ = false, heard_ = false, away_ = false, reading_ = false, input_ended_ = false,
       port_ = false, line_open_ = false;
};

}  // namespace

int run_plugin(const PluginArguments& session) { return Plugin(session).run(); }

}  // namespace enibox::stream
