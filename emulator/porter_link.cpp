#include "emulator/porter_link.hpp"

#include <sys/socket.h>

#include <array>
#include <string>
#include <system_error>
#include <utility>

#include "netns/descriptor_passing.hpp"

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

void PorterLink::request(nlohmann::json message, Done<Reply> done) {
  const auto number = ++requests_;
  message["number"] = number;
  const std::string text = message.dump();
  if (::send(socket_.native_handle(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    const std::system_error error(errno, std::generic_category(), "ask the porter");
    return done(std::make_exception_ptr(error));
  }
  asked_.emplace(number, std::move(done));
}

void PorterLink::read_all() {
  std::array<char, 65536> buffer;
  for (;;) {
    netns::UniqueFd descriptor;
    const ssize_t n = netns::receive_with_descriptor(socket_.native_handle(), buffer, descriptor);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait();
    if (n <= 0) return lost();
    auto message = nlohmann::json::parse(buffer.data(), buffer.data() + n, nullptr, false);
    if (message.is_object()) received(std::move(message), std::move(descriptor));
  }
}

void PorterLink::received(nlohmann::json message, netns::UniqueFd descriptor) {
  const auto request = asked_.extract(message.value("number", std::uint64_t{0}));
  if (request.empty()) return;
  if (message.value("kind", "") == "error") {
    const std::runtime_error error(message.value("message", "the porter refuses"));
    return request.mapped()(std::make_exception_ptr(error));
  }
  request.mapped()(Reply{std::move(message), std::move(descriptor)});
}

void PorterLink::lost() {
  for (const auto& [number, done] : std::exchange(asked_, {}))
    done(std::make_exception_ptr(std::runtime_error("the porter has ended")));
  if (events_.gone) std::exchange(events_.gone, nullptr)();
}

}  // namespace enibox
