#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/containers/runtime.hpp"

// The descriptors of one exec'ed process on the loop: a pty's master, or pipes. Loop thread only.
namespace enibox::ssm {

class ProcessIo : public std::enable_shared_from_this<ProcessIo> {
 public:
  struct Events {
    std::function<void(std::string_view bytes, bool from_stderr)> on_output;
    std::function<void()> on_room;  // write() takes input again after it had refused some
    std::function<void()> on_eof;   // nothing writes to any output any more
  };
  // A process that does not read its input: this much waits for it, then write() refuses.
  static constexpr std::size_t kMaxQueuedInput = 256 << 10;

  static std::shared_ptr<ProcessIo> open(boost::asio::io_context& loop,
                                         containers::ExecStarted descriptors, Events events);

  // Takes all of it or, when too much is waiting, nothing (false). After the end: takes and drops.
  bool write(std::string_view bytes);
  void close_input();
  void resize(std::uint16_t cols, std::uint16_t rows);  // of the terminal; no terminal: nothing
  void pause_output();
  void resume_output();
  bool at_eof() const { return open_outputs_ == 0; }
  // Closes everything; no event follows. A pty's processes get SIGHUP from it.
  void close();

 private:
  struct Output {
    explicit Output(boost::asio::io_context& loop) : descriptor(loop) {}
    boost::asio::posix::stream_descriptor descriptor;
    bool from_stderr = false, reading = false, open = true;
    std::vector<char> buffer = std::vector<char>(16 << 10);
  };
  ProcessIo(boost::asio::io_context& loop, Events events)
      : loop_(loop), events_(std::move(events)), input_(loop) {}
  void add_output(netns::UniqueFd descriptor, bool from_stderr);
  void read(const std::shared_ptr<Output>& output);
  void end_output(Output& output);
  void write_next();

  boost::asio::io_context& loop_;
  Events events_;
  boost::asio::posix::stream_descriptor input_;
  std::vector<std::shared_ptr<Output>> outputs_;
  int open_outputs_ = 0;
  bool tty_ = false, paused_ = false, writing_ = false, refused_ = false, closed_ = false;
  bool close_input_after_queue_ = false;
  std::string queued_, in_flight_;
};

}  // namespace enibox::ssm
