#include <array>
#include <boost/asio/ip/udp.hpp>

#include "emulator/dns/port.hpp"

namespace enibox::dns {
namespace {

using boost::asio::ip::udp;

// Datagrams taken before the loop's other work gets its turn.
constexpr int kBatch = 32;

class UdpPort final : public Port, public std::enable_shared_from_this<UdpPort> {
 public:
  UdpPort(boost::asio::io_context& loop, netns::UniqueFd socket, Ask ask)
      : socket_(loop, udp::v4(), socket.release()), ask_(std::move(ask)) {
    socket_.non_blocking(true);
  }

  void start() {
    socket_.async_wait(udp::socket::wait_read,
                       [self = weak_from_this()](const boost::system::error_code& error) {
                         const auto port = self.lock();
                         if (!port || error == boost::asio::error::operation_aborted) return;
                         port->read_batch();
                         port->start();
                       });
  }

 private:
  void read_batch() {
    for (int count = 0; count < kBatch; ++count) {
      udp::endpoint sender;
      boost::system::error_code error;
      const auto size = socket_.receive_from(boost::asio::buffer(buffer_), sender, 0, error);
      if (error) return;
      const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(size);
      ask_(Bytes(buffer_.begin(), end), [self = weak_from_this(), sender](const Bytes& answer) {
        if (const auto port = self.lock()) port->send(answer, sender);
      });
    }
  }

  void send(const Bytes& answer, const udp::endpoint& receiver) {
    boost::system::error_code dropped;  // a full buffer: the client asks again
    socket_.send_to(boost::asio::buffer(answer), receiver, 0, dropped);
  }

  udp::socket socket_;
  Ask ask_;
  std::array<std::uint8_t, kUdpBytes> buffer_{};
};

// Owns the port that its own callbacks only look at.
struct UdpHandle final : Port {
  explicit UdpHandle(std::shared_ptr<UdpPort> p) : port(std::move(p)) {}
  std::shared_ptr<UdpPort> port;
};

}  // namespace

std::unique_ptr<Port> open_udp_port(boost::asio::io_context& loop, netns::UniqueFd socket,
                                    Ask ask) {
  auto port = std::make_shared<UdpPort>(loop, std::move(socket), std::move(ask));
  port->start();
  return std::make_unique<UdpHandle>(std::move(port));
}

}  // namespace enibox::dns
