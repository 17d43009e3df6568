#include "emulator/reconcile/host_command.hpp"

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <optional>

namespace enibox::reconcile {

namespace {
constexpr std::size_t kMaxOutput = 64 * 1024;  // AWS: GetConsoleOutput keeps the last 64 KB
constexpr auto kDrain = std::chrono::milliseconds(200);
}  // namespace

struct HostCommands::Running {
  explicit Running(boost::asio::io_context& loop)
      : in(loop), out(loop), err(loop), grace(loop), limit(loop) {}

  boost::asio::posix::stream_descriptor in, out, err;
  boost::asio::steady_timer grace, limit;
  std::chrono::milliseconds timeout{};
  std::string input;
  Done<Result> done;
  Result result;
  std::uint64_t exec_id = 0;
  std::array<char, 4096> out_buffer, err_buffer;
  int open_streams = 2;
  std::optional<int> exit_code;
};

void HostCommands::run(containers::ExecSpec spec, std::string input, Done<Result> done,
                       std::chrono::milliseconds timeout) {
  auto running = std::make_shared<Running>(loop_);
  running->input = std::move(input);
  running->done = std::move(done);
  running->timeout = timeout;
  spec.tty = false;
  runtime_.exec(std::move(spec), [this, running](Outcome<containers::ExecStarted> outcome) {
    if (!outcome.ok()) {
      running->done(std::make_exception_ptr(std::runtime_error(outcome.error())));
      return;
    }
    start(running, std::move(outcome.get()));
  });
}

void HostCommands::start(const std::shared_ptr<Running>& running, containers::ExecStarted started) {
  running->exec_id = started.exec_id;
  running_[started.exec_id] = running;
  running->in.assign(started.in.release());
  running->out.assign(started.out.release());
  running->err.assign(started.err.release());
  boost::asio::async_write(running->in, boost::asio::buffer(running->input),
                           [running](boost::system::error_code, std::size_t) {
                             boost::system::error_code ignored;
                             running->in.close(ignored);
                           });
  read(running, running->out);
  read(running, running->err);
  if (running->timeout.count() == 0) return;
  running->limit.expires_after(running->timeout);
  running->limit.async_wait([this, running](boost::system::error_code error) {
    if (error || running->exit_code) return;
    runtime_.signal_exec(running->exec_id, SIGKILL);
    running->result.timed_out = true;
    finish(running);
  });
}

template <typename Stream>
void HostCommands::read(const std::shared_ptr<Running>& running, Stream& stream) {
  auto& buffer = &stream == &running->out ? running->out_buffer : running->err_buffer;
  stream.async_read_some(
      boost::asio::buffer(buffer),
      [this, running, &stream, &buffer](boost::system::error_code error, std::size_t size) {
        auto& output = running->result.output;
        output.append(buffer.data(), size);
        if (output.size() > kMaxOutput) output.erase(0, output.size() - kMaxOutput);
        if (error) {
          --running->open_streams;
          finish_if_over(running);
        } else {
          read(running, stream);
        }
      });
}

bool HostCommands::exited(std::uint64_t exec_id, int exit_code) {
  const auto found = running_.find(exec_id);
  if (found == running_.end()) return false;
  const auto running = found->second;
  running_.erase(found);
  if (!running->done) return true;  // its time was over before
  running->exit_code = exit_code;
  // A child left in the background may keep the pipes open for ever: what is in them now is enough.
  running->grace.expires_after(kDrain);
  running->grace.async_wait([this, running](boost::system::error_code error) {
    if (!error) finish(running);
  });
  finish_if_over(running);
  return true;
}

void HostCommands::finish_if_over(const std::shared_ptr<Running>& running) {
  if (running->exit_code && running->open_streams == 0) finish(running);
}

void HostCommands::finish(const std::shared_ptr<Running>& running) {
  if (!running->done) return;
  running->result.exit_code = running->exit_code.value_or(-1);
  boost::system::error_code ignored;
  for (auto* stream : {&running->in, &running->out, &running->err}) stream->close(ignored);
  running->grace.cancel();
  running->limit.cancel();
  std::exchange(running->done, nullptr)(std::move(running->result));
}

}  // namespace enibox::reconcile
