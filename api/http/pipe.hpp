#pragma once
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace enibox::api::http {

using Socket = boost::asio::generic::stream_protocol::socket;

// A connected stream socket, read and written when it is ready, with a queue for what the kernel
// does not take at once. An idle pipe holds no buffer: all pipes of a server read into one.
// Loop thread only; alive while its user is set or an operation is pending.
class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  // Who reads the bytes. Exactly one at a time; set_user hands the socket from HTTP to what it was
  // upgraded to. Never called from within a call of Pipe, so a user may do anything in a callback.
  class User {
   public:
    virtual ~User() = default;
    virtual void on_bytes(std::string_view bytes) = 0;
    virtual void on_eof() = 0;
    // Part of the queue went out; queued() tells what is left.
    virtual void on_progress() = 0;
    // Read or write failed: the connection is lost.
    virtual void on_broken() = 0;
  };
  static constexpr std::size_t kReadBytes = 64 << 10;

  // `scratch` is shared by all pipes of one server and has kReadBytes.
  Pipe(Socket socket, std::shared_ptr<std::vector<char>> scratch);

  void set_user(std::shared_ptr<User> user) { user_ = std::move(user); }
  auto executor() { return socket_.get_executor(); }

  void start_reading();
  void stop_reading() { want_read_ = false; }

  // Sends at once what the kernel takes and queues the rest. A failure arrives as on_broken.
  void write(std::string bytes) { write(std::move(bytes), {}); }
  void write(std::string first, std::string second);
  std::size_t queued() const { return queued_; }

  // FIN after what is queued.
  void shutdown_send();
  // Closes now and lets go of the user. What is queued is lost.
  void close();
  bool is_open() const { return socket_.is_open(); }

  // Gives the socket away (to a WebSocket); the pipe is closed after it. Nothing may be queued.
  Socket release();

 private:
  void arm_read();
  void on_readable(const boost::system::error_code& error);
  void arm_write();
  void on_writable(const boost::system::error_code& error);
  // False when the socket failed.
  bool send_queue();
  void break_later();
  void shutdown_if_due();

  Socket socket_;
  std::shared_ptr<std::vector<char>> scratch_;
  std::shared_ptr<User> user_;
  std::deque<std::string> queue_;
  std::size_t sent_of_front_ = 0;
  std::size_t queued_ = 0;
  bool want_read_ = false, read_armed_ = false;
  bool write_armed_ = false, broken_ = false;
  bool shutdown_wanted_ = false;
};

}  // namespace enibox::api::http
