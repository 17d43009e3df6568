#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "api/stream/message.hpp"
#include "api/stream/smux.hpp"
#include "emulator/outcome.hpp"
#include "netns/handle.hpp"

// The agent's side of a port session: connections from the target's network to a port. Loop thread
// only.
namespace enibox::ssm {

class PortForward : public std::enable_shared_from_this<PortForward> {
 public:
  enum class Mode {
    kRaw,          // one connection from the session's begin to its end (AWS-StartSSHSession)
    kOneByOne,     // a connection at a time, made when bytes come
    kMultiplexed,  // smux
  };
  struct Options {
    Mode mode = Mode::kMultiplexed;
    std::string host = "127.0.0.1";  // an address or a name
    std::uint16_t port = 0;
  };
  struct Events {
    // A socket of that family in the target's network namespace.
    std::function<void(int family, Done<netns::UniqueFd>)> open_socket;
    // An address of a host that is named, for every connection anew.
    std::function<void(const std::string& name, Done<std::string>)> find_host;
    std::function<void(std::string_view)> on_output;
    std::function<void(stream::Flag)> on_flag;
    std::function<void()> on_room;  // input() takes bytes again after it had refused some
    std::function<void(std::string text)> on_end;  // the session is over; empty: without a word
  };
  // So much waits for destinations that do not read; then input() refuses.
  static constexpr std::size_t kMaxQueued = 1 << 20;

  static std::shared_ptr<PortForward> open(boost::asio::io_context& loop, Options options,
                                           Events events);

  bool input(std::string_view bytes);  // takes all of it, or nothing
  void disconnect();                   // the client's local connection is gone (kOneByOne)
  void pause_output() { paused_ = true; }
  void resume_output();
  void close();  // no event follows

 private:
  struct Connection {
    explicit Connection(boost::asio::io_context& loop) : socket(loop) {}
    std::uint32_t id = 0;
    boost::asio::posix::stream_descriptor socket;
    std::string queued, in_flight;
    std::string buffer = std::string(16 << 10, '\0');
    bool connected = false, reading = false, writing = false, gone = false;
    bool closes_after_queue = false;
  };
  using Link = std::shared_ptr<Connection>;
  struct Address;  // with the port

  PortForward(boost::asio::io_context& loop, Options options, Events events)
      : loop_(loop), options_(std::move(options)), events_(std::move(events)) {}
  void take_frame(const stream::SmuxFrame& frame);
  Link connect(std::uint32_t id);
  void dial(const Link& link, const Address& address);
  void dial(const Link& link, const Address& address, netns::UniqueFd socket);
  void connected(const Link& link);
  void refused(const Link& link, const std::string& why);
  void queue(const Link& link, std::string_view bytes);
  void write(const Link& link);
  void read(const Link& link);
  void ended(const Link& link);  // by the destination
  void drop(const Link& link);
  void note_room(std::size_t bytes);

  boost::asio::io_context& loop_;
  Options options_;
  Events events_;
  stream::SmuxReader reader_;
  std::map<std::uint32_t, Link> links_;
  std::size_t queued_bytes_ = 0;
  bool paused_ = false, refused_ = false, closed_ = false;
};

}  // namespace enibox::ssm
