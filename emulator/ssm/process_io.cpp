#include "emulator/ssm/process_io.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace enibox::ssm {

namespace asio = boost::asio;

std::shared_ptr<ProcessIo> ProcessIo::open(asio::io_context& loop,
                                           containers::ExecStarted descriptors, Events events) {
  std::shared_ptr<ProcessIo> io(new ProcessIo(loop, std::move(events)));
  io->tty_ = !descriptors.out;
  if (io->tty_) {
    // Asio wants a descriptor of its own for each object; a pty's master serves both directions.
    netns::UniqueFd both(fcntl(descriptors.in.get(), F_DUPFD_CLOEXEC, 3));
    if (!both) netns::throw_errno("duplicate a terminal's descriptor");
    io->add_output(std::move(both), false);
  } else {
    io->add_output(std::move(descriptors.out), false);
    if (descriptors.err) io->add_output(std::move(descriptors.err), true);
  }
  if (descriptors.in) {
    io->input_.assign(descriptors.in.release());
    io->input_.non_blocking(true);
  }
  // By index: an event may close everything.
  for (std::size_t i = 0; i < io->outputs_.size(); ++i) io->read(io->outputs_[i]);
  return io;
}

void ProcessIo::add_output(netns::UniqueFd descriptor, bool from_stderr) {
  auto output = std::make_shared<Output>(loop_);
  output->from_stderr = from_stderr;
  output->descriptor.assign(descriptor.release());
  output->descriptor.non_blocking(true);
  outputs_.push_back(std::move(output));
  ++open_outputs_;
}

void ProcessIo::read(const std::shared_ptr<Output>& output) {
  if (closed_ || paused_ || output->reading || !output->open) return;
  output->reading = true;
  output->descriptor.async_read_some(
      asio::buffer(output->buffer),
      [self = shared_from_this(), output](boost::system::error_code error, std::size_t size) {
        output->reading = false;
        if (self->closed_) return;
        if (size > 0) {
          self->events_.on_output({output->buffer.data(), size}, output->from_stderr);
        }
        if (error) {  // end of file on a pipe; EIO on a pty that nobody has open any more
          self->end_output(*output);
        } else {
          self->read(output);
        }
      });
}

void ProcessIo::end_output(Output& output) {
  if (!output.open) return;
  output.open = false;
  boost::system::error_code ignored;
  output.descriptor.close(ignored);
  if (--open_outputs_ == 0 && !closed_) events_.on_eof();
}

bool ProcessIo::write(std::string_view bytes) {
  if (closed_ || !input_.is_open() || close_input_after_queue_) return true;
  if (queued_.size() + in_flight_.size() + bytes.size() > kMaxQueuedInput) {
    refused_ = true;
    return false;
  }
  queued_ += bytes;
  write_next();
  return true;
}

void ProcessIo::close_input() {
  close_input_after_queue_ = true;
  write_next();
}

void ProcessIo::write_next() {
  if (closed_ || writing_ || !input_.is_open()) return;
  if (queued_.empty()) {
    boost::system::error_code ignored;
    if (close_input_after_queue_) input_.close(ignored);
    return;
  }
  writing_ = true;
  in_flight_ = std::exchange(queued_, {});
  asio::async_write(input_, asio::buffer(in_flight_),
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      self->writing_ = false;
                      self->in_flight_.clear();
                      if (self->closed_) return;
                      boost::system::error_code ignored;
                      if (error) self->input_.close(ignored);
                      self->write_next();
                      if (std::exchange(self->refused_, false)) self->events_.on_room();
                    });
}

void ProcessIo::resize(std::uint16_t cols, std::uint16_t rows) {
  if (!tty_ || !input_.is_open()) return;
  const winsize size{.ws_row = rows, .ws_col = cols, .ws_xpixel = 0, .ws_ypixel = 0};
  ioctl(input_.native_handle(), TIOCSWINSZ, &size);  // fails only on a terminal that is gone
}

void ProcessIo::pause_output() { paused_ = true; }

void ProcessIo::resume_output() {
  if (!std::exchange(paused_, false)) return;
  for (std::size_t i = 0; i < outputs_.size(); ++i) read(outputs_[i]);
}

void ProcessIo::close() {
  if (std::exchange(closed_, true)) return;
  boost::system::error_code ignored;
  input_.close(ignored);
  for (auto& output : outputs_) output->descriptor.close(ignored);
}

}  // namespace enibox::ssm
