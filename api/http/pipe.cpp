#include "api/http/pipe.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

namespace asio = boost::asio;

namespace enibox::api::http {
namespace {

constexpr std::size_t kMaxGather = 16;  // asio gives the kernel at most 64 at once

}  // namespace

Pipe::Pipe(Socket socket, std::shared_ptr<std::vector<char>> scratch)
    : socket_(std::move(socket)), scratch_(std::move(scratch)) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
}

void Pipe::start_reading() {
  want_read_ = true;
  arm_read();
}

void Pipe::arm_read() {
  if (read_armed_ || !want_read_ || !socket_.is_open()) return;
  read_armed_ = true;
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->on_readable(error);
                     });
}

void Pipe::on_readable(const boost::system::error_code& error) {
  read_armed_ = false;
  if (error || !want_read_ || !user_ || !socket_.is_open()) return;
  // The user may let go of itself inside a callback.
  const auto user = user_;
  boost::system::error_code failure;
  const auto got = socket_.read_some(asio::buffer(*scratch_), failure);
  if (failure == asio::error::would_block || failure == asio::error::interrupted) {
    arm_read();
  } else if (failure == asio::error::eof) {
    want_read_ = false;
    user->on_eof();
  } else if (failure) {
    want_read_ = false;
    user->on_broken();
  } else {
    user->on_bytes({scratch_->data(), got});
    arm_read();
  }
}

void Pipe::write(std::string first, std::string second) {
  if (broken_ || shutdown_wanted_ || !socket_.is_open()) return;
  for (auto* part : {&first, &second}) {
    if (part->empty()) continue;
    queued_ += part->size();
    queue_.push_back(std::move(*part));
  }
  if (write_armed_) return;
  if (!send_queue()) return break_later();
  if (queued_ > 0) arm_write();
}

bool Pipe::send_queue() {
  while (!queue_.empty()) {
    std::array<asio::const_buffer, kMaxGather> buffers{};
    std::size_t count = 0;
    for (auto part = queue_.begin(); part != queue_.end() && count < kMaxGather; ++part) {
      buffers[count++] = asio::buffer(*part);
    }
    buffers[0] += sent_of_front_;
    boost::system::error_code failure;
    auto sent = socket_.write_some(buffers, failure);
    if (failure == asio::error::would_block || failure == asio::error::interrupted) return true;
    if (failure) return false;
    queued_ -= sent;
    sent += sent_of_front_;
    while (!queue_.empty() && sent >= queue_.front().size()) {
      sent -= queue_.front().size();
      queue_.pop_front();
    }
    sent_of_front_ = sent;
  }
  return true;
}

void Pipe::arm_write() {
  write_armed_ = true;
  socket_.async_wait(Socket::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->on_writable(error);
                     });
}

void Pipe::on_writable(const boost::system::error_code& error) {
  write_armed_ = false;
  if (error || !socket_.is_open()) return;
  const auto user = user_;
  if (!send_queue()) {
    broken_ = true;
    if (user) user->on_broken();
    return;
  }
  if (queued_ > 0) {
    arm_write();
  } else {
    shutdown_if_due();
  }
  if (user) user->on_progress();
}

// A write fails in the middle of the user's own work: it learns of it afterwards.
void Pipe::break_later() {
  broken_ = true;
  queue_.clear();
  queued_ = sent_of_front_ = 0;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (const auto user = self->user_) user->on_broken();
  });
}

void Pipe::shutdown_send() {
  shutdown_wanted_ = true;
  if (queued_ == 0) shutdown_if_due();
}

void Pipe::shutdown_if_due() {
  if (!shutdown_wanted_) return;
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Pipe::close() {
  want_read_ = false;
  boost::system::error_code ignored;
  socket_.close(ignored);
  queue_.clear();
  queued_ = sent_of_front_ = 0;
  user_.reset();
}

Socket Pipe::release() {
  want_read_ = false;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  user_.reset();
  return std::move(socket_);
}

}  // namespace enibox::api::http
