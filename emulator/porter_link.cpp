#include "emulator/porter_link.hpp"

#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

namespace enibox {

PorterLink::PorterLink(boost::asio::io_context& loop, netns::UniqueFd socket, Events events)
    : socket_(loop, socket.release()), events_(std::move(events)) {
  wait();
}

void PorterLink::send(const nlohmann::json& message) {
  const std::string text = message.dump();
  ::send(socket_.native_handle(), text.data(), text.size(), MSG_NOSIGNAL);
}

void PorterLink::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (!error) read_all();
                     });
}

void PorterLink::read_all() {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait();
    if (n <= 0) {
      if (events_.gone) std::exchange(events_.gone, nullptr)();
      return;
    }
    auto message = nlohmann::json::parse(buffer.data(), buffer.data() + n, nullptr, false);
    if (!message.is_discarded() && events_.received) events_.received(std::move(message));
  }
}

}  // namespace enibox
