#pragma once
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulator/dns/message.hpp"

namespace enibox::test {

inline dns::Bytes reply_to(const dns::Bytes& question, const std::string& address,
                           dns::Rcode rcode = dns::Rcode::kNoError) {
  const auto query = *dns::parse_query(question);
  dns::Reply reply{.rcode = rcode};
  if (rcode == dns::Rcode::kNoError) reply.answers = {{query.name, "A", 300, address}};
  return dns::encode_reply(query, reply, dns::kTcpBytes);
}

// A DNS server on loopback: `hear` gives the datagrams for a question, `hear_stream` the
// answer over TCP on the same port.
class DnsServer {
 public:
  using Hear = std::function<std::vector<dns::Bytes>(const dns::Bytes&)>;
  DnsServer(boost::asio::io_context& loop, Hear hear, Hear hear_stream = {})
      : hear_(std::move(hear)),
        hear_stream_(std::move(hear_stream)),
        datagrams_(loop),
        listener_(loop),
        stream_(loop) {
    for (int tries = 0; !open_both(); ++tries) {
      if (tries == 100) throw std::runtime_error("no port is free for datagrams and streams");
    }
    receive();
    listener_.async_accept(stream_, [this](auto error) {
      if (!error) serve_stream();
    });
  }
  std::uint16_t port() const { return datagrams_.local_endpoint().port(); }

  std::set<std::uint16_t> ids, ports;
  int questions = 0;

 private:
  // One port for both: the kernel picks that of the datagrams, and another's stream may have it.
  bool open_both() {
    const auto loopback = boost::asio::ip::address_v4::loopback();
    datagrams_ = boost::asio::ip::udp::socket(datagrams_.get_executor(),
                                              boost::asio::ip::udp::endpoint(loopback, 0));
    listener_ =
        boost::asio::ip::tcp::acceptor(listener_.get_executor(), boost::asio::ip::tcp::v4());
    listener_.set_option(boost::asio::ip::tcp::acceptor::reuse_address(true));
    boost::system::error_code error;
    listener_.bind({loopback, port()}, error);
    if (!error) listener_.listen();
    return !error;
  }
  void receive() {
    buffer_.resize(dns::kUdpBytes);
    datagrams_.async_receive_from(boost::asio::buffer(buffer_), sender_,
                                  [this](auto error, std::size_t size) {
                                    if (error) return;
                                    buffer_.resize(size);
                                    ++questions;
                                    ids.insert(dns::parse_query(buffer_)->id);
                                    ports.insert(sender_.port());
                                    for (const auto& datagram : hear_(buffer_))
                                      datagrams_.send_to(boost::asio::buffer(datagram), sender_);
                                    receive();
                                  });
  }
  void serve_stream() {
    boost::asio::async_read(stream_, boost::asio::buffer(size_), [this](auto, std::size_t) {
      buffer_.resize(static_cast<std::size_t>(size_[0] << 8 | size_[1]));
      boost::asio::async_read(stream_, boost::asio::buffer(buffer_), [this](auto, std::size_t) {
        for (const auto& answer : hear_stream_(buffer_)) {
          boost::asio::write(stream_, boost::asio::buffer(std::array<std::uint8_t, 2>{
                                          static_cast<std::uint8_t>(answer.size() >> 8),
                                          static_cast<std::uint8_t>(answer.size() & 0xff)}));
          boost::asio::write(stream_, boost::asio::buffer(answer));
        }
        stream_.close();
      });
    });
  }

  Hear hear_, hear_stream_;
  boost::asio::ip::udp::socket datagrams_;
  boost::asio::ip::tcp::acceptor listener_;
  boost::asio::ip::tcp::socket stream_;
  boost::asio::ip::udp::endpoint sender_;
  dns::Bytes buffer_;
  std::array<std::uint8_t, 2> size_{};
};

}  // namespace enibox::test
