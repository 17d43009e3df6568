#include "emulator/ssm/live_session.hpp"

#include <csignal>
#include <cstdlib>

#include "emulator/ids.hpp"
#include "emulator/ssm/documents.hpp"

namespace enibox::ssm {
namespace {

constexpr std::size_t kMaxEarlyInput = 64 << 10;
constexpr std::size_t kMaxTokens = 4;
constexpr std::size_t kMaxQueuedAnswers = 8 << 20;

Json properties_of(const NewSession& wanted) {
  return wanted.properties.empty() ? Json() : Json(wanted.properties);
}

// In a time that does not tell how much of it is right.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace

LiveSession::LiveSession(NewSession wanted, SessionOptions options, boost::asio::io_context& loop,
                         Clock& clock, containers::Runtime& runtime, SessionOwner& owner)
    : wanted_(std::move(wanted)),
      options_(std::move(options)),
      loop_(loop),
      clock_(clock),
      runtime_(runtime),
      owner_(owner),
      type_(session_type(wanted_.document)),
      channel_(
          {.session_id = wanted_.session_id, .type = type_, .properties = properties_of(wanted_)},
          *this) {
  const auto separate = wanted_.properties.find("separateOutputStream");
  separate_stderr_ = separate != wanted_.properties.end() && separate->second == "True";
}

void LiveSession::begin() {
  note_activity();
  set_timer(idle_timer_, options_.first_client_ms,
            [this] { end_now("No client connected to the session in time."); });
}

std::string LiveSession::new_token() {
  tokens_.push_back(random_token(48));
  if (tokens_.size() > kMaxTokens) tokens_.pop_front();
  return tokens_.back();
}

bool LiveSession::token_is_valid(std::string_view token) const {
  bool valid = false;
  for (const auto& known : tokens_) valid |= same_secret(known, token);
  return valid;
}

void LiveSession::attach(std::shared_ptr<api::http::WebSocket> socket,
                         const std::string& client_id) {
  if (ended_) return;
  const auto self = shared_from_this();
  if (const auto former = std::exchange(socket_, nullptr)) {
    // A different client must not come back and take the session away again, for ever.
    if (!client_id.empty() && !client_id_.empty() && client_id != client_id_) {
      former->send_binary(serialize(stream::make_channel_closed(
          id(), client_id_, "The session was resumed by another client.", now())));
    }
    former->close();
    channel_.detach(now());
  }
  socket_ = std::move(socket);
  client_id_ = client_id;
  note_activity();
  watch_idleness();
  owner_.session_status(*this, "Connected");
  channel_.attach(now(), client_id);
  rearm();
}

void LiveSession::on_message(const api::http::WebSocket& socket, std::string_view message) {
  if (&socket != socket_.get()) return;
  const auto self = shared_from_this();
  channel_.receive(now(), message);
  // A client that sends and never reads waits until it has read its acknowledgements.
  if (socket_ && socket_->queued_bytes() > kMaxQueuedAnswers) socket_->pause_reading();
  rearm();
}

void LiveSession::on_socket_drained(const api::http::WebSocket& socket) {
  if (&socket == socket_.get()) socket_->resume_reading();
}

void LiveSession::on_socket_closed(const api::http::WebSocket& socket) {
  if (&socket != socket_.get()) return;
  const auto self = shared_from_this();
  socket_.reset();
  if (ended_) return;
  note_activity();  // the time it may stay away begins
  channel_.detach(now());
  owner_.session_status(*this, "Disconnected");
  rearm();
}

// --- the process ---------------------------------------------------------------------------------

void LiveSession::start(stream::TerminalSize size) {
  size_ = size;
  if (type_ == stream::SessionType::kPort) {
    start_forward();
    return;
  }
  start_process();
}

// Which of the three kinds it is the client knows by the same rule: its own version and ours
// decide, and whether the document is one that forwards a port.
void LiveSession::start_forward() {
  const auto property = [this](const char* name) {
    const auto found = wanted_.properties.find(name);
    return found == wanted_.properties.end() ? std::string() : found->second;
  };
  PortForward::Options options{.host = property("host")};
  if (options.host.empty() || options.host == "localhost") options.host = "127.0.0.1";
  options.port = static_cast<std::uint16_t>(std::atoi(property("portNumber").c_str()));
  if (property("type").empty()) {
    options.mode = PortForward::Mode::kRaw;
  } else if (!stream::speaks_smux(channel_.client_version())) {
    options.mode = PortForward::Mode::kOneByOne;
  }
  const std::weak_ptr<LiveSession> weak = weak_from_this();
  const auto alive = [weak](auto action) {
    return [weak, action](auto... what) {
      if (const auto self = weak.lock()) action(*self, what...);
    };
  };
  names_.emplace(
      loop_,
      [this](int type, Done<netns::UniqueFd> done) { open_socket(AF_INET, type, std::move(done)); },
      options_.name_server);
  forward_ = PortForward::open(
      loop_, options,
      {.open_socket =
           [this](int family, Done<netns::UniqueFd> done) {
             open_socket(family, SOCK_STREAM, std::move(done));
           },
       .find_host = [this](const std::string& name,
                           Done<std::string> done) { names_->find(name, std::move(done)); },
       .on_output = alive([](LiveSession& self, std::string_view bytes) {
         self.note_activity();
         self.channel_.output(self.now(), stream::PayloadType::kOutput, bytes);
         if (!self.channel_.wants_output() && self.forward_) self.forward_->pause_output();
         self.rearm();
       }),
       .on_flag = alive([](LiveSession& self, stream::Flag flag) {
         self.channel_.output(self.now(), stream::PayloadType::kFlag, stream::flag_payload(flag));
         self.rearm();
       }),
       .on_room = alive([](LiveSession& self) {
         self.channel_.input_ready(self.now());
         self.rearm();
       }),
       .on_end = alive([](LiveSession& self, std::string text) { self.end_forward(text); })});
}

void LiveSession::open_socket(int family, int type, Done<netns::UniqueFd> done) {
  runtime_.open_socket(wanted_.host_id, wanted_.container_id, family, type, std::move(done));
}

// Its last output is still on its way to the client.
void LiveSession::end_forward(const std::string& text) {
  details_ = text;
  clock_.post([self = shared_from_this(), text] {
    if (self->ended_) return;
    self->channel_.finish(self->now(), text);
    self->rearm();
  });
}

void LiveSession::start_process() {
  containers::ExecSpec spec{.host_id = wanted_.host_id,
                            .container_id = wanted_.container_id,
                            .argv = wanted_.argv,
                            .env = wanted_.env,
                            .user = std::nullopt,
                            .working_directory = std::nullopt,
                            .tty = type_ != stream::SessionType::kNonInteractiveCommands,
                            .rows = size_.rows,
                            .cols = size_.cols};
  if (spec.argv.empty()) spec.argv = {"sh"};
  if (!wanted_.user.empty()) spec.user = wanted_.user;
  if (wanted_.container_id.empty()) spec.working_directory = "/";
  spec.env.push_back("TERM=xterm-256color");
  spec.env.push_back("LANG=C.UTF-8");
  runtime_.exec(std::move(spec),
                [self = shared_from_this()](Outcome<containers::ExecStarted> outcome) {
                  self->on_started(std::move(outcome));
                });
}

void LiveSession::on_started(Outcome<containers::ExecStarted> outcome) {
  if (!outcome.ok()) {
    failed_ = true;
    end_now("\n----------ERROR-------\nUnable to start command: " + outcome.error());
    return;
  }
  auto& started = outcome.get();
  exec_id_ = started.exec_id;
  if (ended_) {  // while it was starting; its descriptors close here
    owner_.session_leaves(exec_id_);
    return;
  }
  owner_.session_runs(*this, exec_id_);
  const std::weak_ptr<LiveSession> weak = weak_from_this();
  process_ = ProcessIo::open(loop_, std::move(started),
                             {.on_output =
                                  [weak](std::string_view bytes, bool from_stderr) {
                                    if (const auto self = weak.lock())
                                      self->on_output(bytes, from_stderr);
                                  },
                              .on_room =
                                  [weak] {
                                    if (const auto self = weak.lock()) {
                                      self->channel_.input_ready(self->now());
                                      self->rearm();
                                    }
                                  },
                              .on_eof =
                                  [weak] {
                                    if (const auto self = weak.lock()) self->on_eof();
                                  }});
  process_->resize(size_.cols, size_.rows);  // it may have changed since the call
  if (type_ == stream::SessionType::kNonInteractiveCommands) {
    process_->close_input();
  } else {
    process_->write(std::exchange(early_input_, {}));
    channel_.input_ready(now());
  }
  if (end_text_) runtime_.signal_exec(exec_id_, SIGHUP);
  rearm();
}

void LiveSession::on_output(std::string_view bytes, bool from_stderr) {
  const auto type =
      from_stderr && separate_stderr_ ? stream::PayloadType::kStdErr : stream::PayloadType::kOutput;
  note_activity();
  last_output_ms_ = now();
  channel_.output(now(), type, bytes);
  if (!channel_.wants_output() && process_) process_->pause_output();
  rearm();
}

void LiveSession::window_opened() {
  if (process_) process_->resume_output();
  if (forward_) forward_->resume_output();
}

// Whoever closes its terminal is about to exit; the exit code may come a moment later.
void LiveSession::on_eof() {
  if (exit_code_) {
    finish();
    return;
  }
  set_timer(exit_timer_, options_.end_output_ms, [this] { finish(); });
}

// A process may end before its last output is read, and its children may keep the terminal open
// for ever.
void LiveSession::on_exit(int exit_code) {
  const auto self = shared_from_this();
  exit_code_ = exit_code;
  if (ended_) return;
  if (!process_ || process_->at_eof()) {
    finish();
  } else {
    last_output_ms_ = now();
    finish_after_silence();
  }
}

void LiveSession::finish_after_silence() {
  const std::int64_t quiet_at = last_output_ms_ + options_.exit_output_ms;
  // A client that is slow to read is no silence.
  const std::int64_t wait = channel_.wants_output() ? quiet_at - now() : options_.exit_output_ms;
  if (wait <= 0) {
    finish();
    return;
  }
  set_timer(exit_timer_, wait, [this] { finish_after_silence(); });
}

void LiveSession::finish() {
  if (ended_ || std::exchange(finishing_, true)) return;
  const auto self = shared_from_this();
  if (process_) process_->close();
  if (separate_stderr_ && exit_code_) {
    channel_.output(now(), stream::PayloadType::kExitCode, stream::exit_code_payload(*exit_code_));
  }
  details_ = end_text_.value_or("");
  channel_.finish(now(), end_text_.value_or(""));
  rearm();
}

void LiveSession::end(std::string text) {
  if (ended_ || end_text_) return;
  const auto self = shared_from_this();
  if (exec_id_ == 0) {
    end_now(std::move(text));
    return;
  }
  end_text_ = std::move(text);
  runtime_.signal_exec(exec_id_, SIGHUP);
  // on_exit() usually comes first and lets all output out.
  set_timer(idle_timer_, options_.end_output_ms, [this] { end_now(*end_text_); });
}

void LiveSession::end_now(std::string text) {
  if (ended_) return;
  const auto self = shared_from_this();
  details_ = text;
  channel_.close(now(), std::move(text));
}

// --- the state machine's answers -----------------------------------------------------------------

void LiveSession::send(std::string frame) {
  if (socket_) socket_->send_binary(std::move(frame));
}

bool LiveSession::input(std::string_view bytes) {
  note_activity();
  if (type_ == stream::SessionType::kNonInteractiveCommands) {
    send_signal_bytes(bytes);
    return true;
  }
  if (forward_) return forward_->input(bytes);
  if (process_) return process_->write(bytes);
  if (early_input_.size() + bytes.size() > kMaxEarlyInput) return false;
  early_input_ += bytes;
  return true;
}

// Without a terminal nobody turns Ctrl-C and Ctrl-\ into signals; other input goes nowhere.
void LiveSession::send_signal_bytes(std::string_view bytes) {
  for (const char byte : bytes) {
    const int signal = byte == 0x03 ? SIGINT : byte == 0x1c ? SIGQUIT : 0;
    if (signal != 0 && exec_id_ != 0) runtime_.signal_exec(exec_id_, signal);
  }
}

void LiveSession::resize(stream::TerminalSize size) {
  size_ = size;
  if (process_) process_->resize(size.cols, size.rows);
}

void LiveSession::flag(stream::Flag flag) {
  if (flag == stream::Flag::kTerminateSession)
    clock_.post([self = shared_from_this()] { self->end(""); });
  if (flag == stream::Flag::kDisconnectToPort && forward_) forward_->disconnect();
}

void LiveSession::closed() {
  ended_ = true;
  channel_timer_.reset();
  idle_timer_.reset();
  exit_timer_.reset();
  if (process_) process_->close();
  if (forward_) forward_->close();
  if (socket_) socket_->close();
  if (exec_id_ != 0 && !exit_code_) owner_.session_leaves(exec_id_);
  owner_.session_ended(*this, details_, failed_);
}

void LiveSession::watch_idleness() {
  const std::int64_t left = last_activity_ms_ + options_.idle_ms - now();
  if (left <= 0) {
    end("Your session timed out due to inactivity.");
    return;
  }
  set_timer(idle_timer_, left, [this] { watch_idleness(); });
}

void LiveSession::rearm() {
  if (ended_) return;
  const auto at = channel_.wake_at();
  if (!at) {
    channel_timer_.reset();
    return;
  }
  // A timer that fires too early only looks and sleeps again; most events move the time later.
  if (channel_timer_ && channel_timer_at_ms_ <= *at) return;
  channel_timer_at_ms_ = *at;
  set_timer(channel_timer_, std::max<std::int64_t>(*at - now(), 0), [this] {
    channel_.wake(now());
    rearm();
  });
}

// While its action runs a timer is no longer in its slot, and the session stays.
void LiveSession::set_timer(std::unique_ptr<Clock::Timer>& slot, std::int64_t delay_ms,
                            std::function<void()> action) {
  slot = clock_.after(Clock::Milliseconds(delay_ms), [this, &slot, action = std::move(action)] {
    const auto self = shared_from_this();
    const auto fired = std::move(slot);
    action();
  });
}

}  // namespace enibox::ssm
