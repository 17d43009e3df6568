#include "emulator/engine/exec_sessions.hpp"

#include <algorithm>

#include "emulator/engine/errors.hpp"
#include "emulator/engine/frames.hpp"
#include "emulator/ids.hpp"
#include "emulator/ssm/process_io.hpp"

namespace enibox::engine {
namespace {

using api::http::ByteStream;
using ssm::ProcessIo;

// Ended sessions are kept for the client that asks for the exit code, the newest of them.
constexpr std::size_t kMaxExecs = 512;
// After the process ended, for output that its children hold open (as dockerd).
constexpr std::chrono::milliseconds kOutputGrace{2'000};

template <typename T>
T member(const Json& object, const char* name, T fallback) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return fallback;
  try {
    return found->get<T>();
  } catch (const Json::exception&) {
    throw EngineError(400, std::string("invalid value of ") + name);
  }
}

std::uint16_t terminal_size(const std::optional<std::string>& text) {
  char* end = nullptr;
  const long value = text ? std::strtol(text->c_str(), &end, 10) : -1;
  if (value < 0 || value > 65'535 || *end != '\0') {
    throw EngineError(400, "invalid terminal size '" + text.value_or("") + "'");
  }
  return static_cast<std::uint16_t>(value);
}

std::string hijack_head(const api::http::Request& request) {
  const std::string type = "Content-Type: application/vnd.docker.raw-stream\r\n";
  std::string head =
      request.header("Upgrade").empty()
          ? "HTTP/1.1 200 OK\r\n" + type
          : "HTTP/1.1 101 UPGRADED\r\n" + type + "Connection: Upgrade\r\nUpgrade: tcp\r\n";
  for (const auto& [name, value] : engine_headers()) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head.append("\r\n");
}

}  // namespace

struct ExecSessions::Exec : std::enable_shared_from_this<Exec> {
  explicit Exec(Clock& the_clock) : clock(the_clock) {}

  enum class State { kCreated, kStarting, kRunning, kEnded };

  Clock& clock;
  std::string id;
  containers::ExecSpec spec;
  bool want_stdin = false, want_stdout = true, want_stderr = true;
  std::int64_t created_ms = 0;

  State state = State::kCreated;
  std::uint64_t runtime_id = 0;
  pid_t pid = 0;
  std::optional<int> exit_code;
  std::shared_ptr<ProcessIo> io;
  std::shared_ptr<ByteStream> stream;
  std::string refused_input;  // what the process did not take yet
  std::unique_ptr<Clock::Timer> grace;

  void output(std::string_view bytes, bool from_stderr) {
    if (!stream || !(from_stderr ? want_stderr : want_stdout)) return;
    stream->write(spec.tty ? std::string(bytes) : frame(bytes, from_stderr));
    if (stream && stream->queued_bytes() > ByteStream::kLowWaterBytes) io->pause_output();
  }
  void input(std::string_view bytes) {
    if (!io || !want_stdin || io->write(bytes)) return;
    refused_input = bytes;
    stream->pause_reading();
  }
  void room() {
    if (refused_input.empty()) return;
    const auto bytes = std::exchange(refused_input, {});
    input(bytes);
    if (refused_input.empty() && stream) stream->resume_reading();
  }
  // The client ended its direction. A terminal has no end of input, only keys.
  void input_ended() {
    if (io && !spec.tty) io->close_input();
  }
  // The client is gone. The command goes on, as docker's does; one with a terminal is hung up on.
  void client_gone() {
    stream = nullptr;
    if (!io) return;
    if (spec.tty) return io->close();
    io->close_input();
    io->resume_output();
  }
  void ended(int code) {
    exit_code = code;
    state = State::kEnded;
    if (!io || io->at_eof()) return finish();
    grace = clock.after(kOutputGrace, [this] { finish(); });
  }
  // The client asks for the exit code when the stream ends: not before it is known.
  void output_ended() {
    if (exit_code) finish();
  }
  void finish() {
    const auto self = shared_from_this();
    state = State::kEnded;
    grace = nullptr;
    if (const auto ending = std::exchange(stream, nullptr)) ending->end();
    if (const auto ending = std::exchange(io, nullptr)) ending->close();
  }
};

ExecSessions::~ExecSessions() {
  for (const auto& [id, exec] : execs_) exec->finish();
}

ExecSessions::Exec& ExecSessions::find(const Call& call, const std::string& exec_id) {
  const auto found = execs_.find(exec_id);
  if (found == execs_.end() || found->second->spec.host_id != call.host_id) {
    throw EngineError(404, "No such exec instance: " + exec_id);
  }
  return *found->second;
}

// Throws when all of them are running.
void ExecSessions::make_room() {
  if (execs_.size() < kMaxExecs) return;
  auto oldest = execs_.end();
  for (auto at = execs_.begin(); at != execs_.end(); ++at) {
    const auto state = at->second->state;
    if (state == Exec::State::kStarting || state == Exec::State::kRunning) continue;
    if (oldest == execs_.end() || at->second->created_ms < oldest->second->created_ms) oldest = at;
  }
  if (oldest == execs_.end()) throw EngineError(503, "too many exec sessions");
  execs_.erase(oldest);
}

void ExecSessions::create(const Call& call, const EngineContainer& container) {
  const auto body = call.body();
  auto exec = std::make_shared<Exec>(clock_);
  exec->spec.argv = member(body, "Cmd", std::vector<std::string>{});
  if (exec->spec.argv.empty()) throw EngineError(400, "No exec command specified");
  if (container.state != "running") {
    throw EngineError(409, "container " + container.id + " is not running");
  }
  if (!container.in_runtime) {
    throw EngineError(501, "Nothing can be run in " + container.name + " here.");
  }
  exec->spec.host_id = call.host_id;
  exec->spec.container_id = container.id;
  exec->spec.tty = member(body, "Tty", false);
  exec->spec.env = member(body, "Env", std::vector<std::string>{});
  if (auto user = member(body, "User", std::string()); !user.empty()) exec->spec.user = user;
  if (auto dir = member(body, "WorkingDir", std::string()); !dir.empty()) {
    exec->spec.working_directory = dir;
  }
  exec->want_stdin = member(body, "AttachStdin", false);
  exec->want_stdout = member(body, "AttachStdout", false);
  exec->want_stderr = member(body, "AttachStderr", false);
  exec->created_ms = clock_.now_ms();
  const auto size = member(body, "ConsoleSize", std::vector<std::uint16_t>{});
  if (size.size() == 2 && size[0] > 0 && size[1] > 0) {
    exec->spec.rows = size[0];
    exec->spec.cols = size[1];
  }
  make_room();
  exec->id = random_hex(64);
  execs_.emplace(exec->id, exec);
  call.reply({{"Id", exec->id}}, 201);
}

void ExecSessions::start(const Call& call, const std::string& exec_id) {
  const auto exec = find(call, exec_id).shared_from_this();
  const auto body = call.body();
  if (exec->state != Exec::State::kCreated) {
    throw EngineError(409, "exec instance " + exec_id + " has been started already");
  }
  if (member(body, "Detach", false))
    exec->want_stdin = exec->want_stdout = exec->want_stderr = false;
  const bool detached = !exec->want_stdin && !exec->want_stdout && !exec->want_stderr;
  const auto size = member(body, "ConsoleSize", std::vector<std::uint16_t>{});
  if (size.size() == 2 && size[0] > 0 && size[1] > 0) {
    exec->spec.rows = size[0];
    exec->spec.cols = size[1];
  }
  exec->state = Exec::State::kStarting;
  ++starting_;
  runtime_.exec(exec->spec, [this, exec, call, detached](Outcome<containers::ExecStarted> outcome) {
    --starting_;
    // Its host went meanwhile: the descriptors close with the outcome.
    if (exec->state != Exec::State::kStarting) return;
    if (!outcome.ok()) {
      exec->state = Exec::State::kEnded;
      exec->exit_code = 126;
      if (starting_ == 0) early_exits_.clear();
      return call.reply_error(400, "OCI runtime exec failed: " + outcome.error());
    }
    if (detached) call.reply_nothing(200);
    started(exec, call, std::move(outcome.get()));
  });
}

void ExecSessions::started(const std::shared_ptr<Exec>& exec, const Call& call,
                           containers::ExecStarted started) {
  exec->state = Exec::State::kRunning;
  exec->runtime_id = started.exec_id;
  exec->pid = started.pid_in_host;
  const bool attached = exec->want_stdin || exec->want_stdout || exec->want_stderr;
  if (attached) connect(exec, call);
  const std::weak_ptr<Exec> weak = exec;
  exec->io = ProcessIo::open(loop_, std::move(started),
                             {.on_output =
                                  [weak](std::string_view bytes, bool from_stderr) {
                                    if (const auto self = weak.lock())
                                      self->output(bytes, from_stderr);
                                  },
                              .on_room =
                                  [weak] {
                                    if (const auto self = weak.lock()) self->room();
                                  },
                              .on_eof =
                                  [weak] {
                                    if (const auto self = weak.lock()) self->output_ended();
                                  }});
  if (!exec->want_stdin && !exec->spec.tty) exec->io->close_input();
  if (attached && !exec->stream) exec->client_gone();
  // A resize may have come while the process was starting.
  exec->io->resize(exec->spec.cols, exec->spec.rows);
  const auto early = early_exits_.find(exec->runtime_id);
  const auto code = early == early_exits_.end() ? std::nullopt : std::optional(early->second);
  if (starting_ == 0) early_exits_.clear();
  if (code) exec->ended(*code);
}

void ExecSessions::connect(const std::shared_ptr<Exec>& exec, const Call& call) {
  exec->stream = call.exchange->hijack(hijack_head(call.request));
  if (!exec->stream) return;  // the client is gone already
  exec->stream->listen({.on_data = [exec](std::string_view bytes) { exec->input(bytes); },
                        .on_eof = [exec] { exec->input_ended(); },
                        .on_drained =
                            [exec] {
                              if (exec->io) exec->io->resume_output();
                            },
                        .on_closed = [exec] { exec->client_gone(); }});
}

bool ExecSessions::exited(std::uint64_t runtime_exec_id, int exit_code) {
  for (const auto& [id, exec] : execs_) {
    if (exec->state != Exec::State::kRunning || exec->runtime_id != runtime_exec_id) continue;
    exec->ended(exit_code);
    return true;
  }
  if (starting_ > 0) early_exits_[runtime_exec_id] = exit_code;
  return false;
}

void ExecSessions::resize(const Call& call, const std::string& exec_id) {
  auto& exec = find(call, exec_id);
  const auto rows = terminal_size(call.parameter("h"));
  const auto cols = terminal_size(call.parameter("w"));
  // The client sends the size beside the start and does not wait for it.
  exec.spec.rows = rows;
  exec.spec.cols = cols;
  if (exec.io) exec.io->resize(cols, rows);
  call.reply_nothing(200);
}

void ExecSessions::inspect(const Call& call, const std::string& exec_id) {
  const auto& exec = find(call, exec_id);
  const auto& argv = exec.spec.argv;
  call.reply({{"ID", exec.id},
              {"Running", exec.state == Exec::State::kRunning},
              {"ExitCode", exec.exit_code ? Json(*exec.exit_code) : Json(nullptr)},
              {"Pid", exec.state == Exec::State::kRunning ? exec.pid : 0},
              {"ContainerID", exec.spec.container_id},
              {"OpenStdin", exec.want_stdin},
              {"OpenStdout", exec.want_stdout},
              {"OpenStderr", exec.want_stderr},
              {"CanRemove", exec.state == Exec::State::kEnded},
              {"DetachKeys", ""},
              {"ProcessConfig",
               {{"tty", exec.spec.tty},
                {"entrypoint", argv.front()},
                {"arguments", std::vector<std::string>(argv.begin() + 1, argv.end())},
                {"privileged", false},
                {"user", exec.spec.user.value_or("")}}}});
}

std::vector<std::string> ExecSessions::running_in(const std::string& container_id) const {
  std::vector<std::string> out;
  for (const auto& [id, exec] : execs_) {
    if (exec->spec.container_id == container_id && exec->state == Exec::State::kRunning) {
      out.push_back(id);
    }
  }
  return out;
}

void ExecSessions::forget_host(const std::string& host_id) {
  std::erase_if(execs_, [&](const auto& entry) {
    if (entry.second->spec.host_id != host_id) return false;
    entry.second->finish();
    return true;
  });
}

}  // namespace enibox::engine
