#include "emulator/cli/control_client.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <stdexcept>

namespace enibox::cli {
namespace {

constexpr int kPatience_ms = 30'000;
constexpr std::size_t kLargestHead = 64 << 10;

using Addresses = netns::Handle<addrinfo, ::freeaddrinfo>;

Addresses addresses_of(const std::string& address) {
  const auto colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0)
    throw std::runtime_error("enibox: '" + address + "' is not an address");
  return Addresses(found);
}

// The value of a header of an HTTP head; empty: none.
std::string header(const std::string& head, std::string name) {
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = lower.find("\r\n" + name + ":");
  if (at == std::string::npos) return {};
  const auto begin = head.find_first_not_of(' ', at + name.size() + 3);
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

ControlClient::ControlClient(const std::string& address) : address_(address) {
  const auto found = addresses_of(address);
  socket_.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_ || ::connect(socket_.get(), found->ai_addr, found->ai_addrlen) != 0)
    throw std::runtime_error("enibox: nobody answers at http://" + address + " (" +
                             std::strerror(errno) + ")");
}

bool ControlClient::read_more() {
  pollfd entry{socket_.get(), POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&entry, 1, kPatience_ms)) < 0 && errno == EINTR) {
  }
  if (ready == 0) throw std::runtime_error("enibox: http://" + address_ + " does not answer");
  char bytes[16384];
  const auto n = ::recv(socket_.get(), bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

std::string ControlClient::take(std::size_t size) {
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

ControlAnswer ControlClient::ask(const std::string& method, const std::string& path,
                                 const std::string& body) {
  const std::string request = method + " " + path + " HTTP/1.1\r\nHost: " + address_ +
                              "\r\nAuthorization: enibox\r\nContent-Type: application/json\r\n" +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t at = 0; at < request.size();) {
    const auto n = ::send(socket_.get(), request.data() + at, request.size() - at, MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("enibox: http://" + address_ + " hung up");
    at += static_cast<std::size_t>(n);
  }
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (buffer_.size() > kLargestHead || !read_more())
      throw std::runtime_error("enibox: http://" + address_ + " does not speak HTTP");
  }
  const std::string head = take(end + 4);
  ControlAnswer answer;
  if (head.starts_with("HTTP/1.1 ")) answer.status = std::atoi(head.c_str() + 9);
  if (answer.status == 101) return answer;
  const auto size = static_cast<std::size_t>(std::atoll(header(head, "content-length").c_str()));
  while (buffer_.size() < size && read_more()) {
  }
  answer.body = take(size);
  return answer;
}

std::string ControlClient::read_line() {
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    if (!read_more()) return {};
  }
  std::string line = take(end + 1);
  line.pop_back();
  return line;
}

void ControlClient::finish() {
  ::shutdown(socket_.get(), SHUT_WR);
  while (read_more()) {
  }
}

}  // namespace enibox::cli
