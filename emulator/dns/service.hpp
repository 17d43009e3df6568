#pragma once
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "emulator/dns/port.hpp"
#include "emulator/dns/resolver.hpp"
#include "emulator/ec2/ec2.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::dns {

// A resolver in every VPC, at its base plus two and at 169.254.169.253, port 53. Its sockets are in
// the VPC's router; questions are answered on the loop thread, where the rows are: an answer takes
// some tens of microseconds and never differs from what the API says at that moment, and the router
// holds every sender to a rate before the loop sees a packet.
class DnsService {
 public:
  DnsService(boost::asio::io_context& loop, vpc::Network& network, ec2::Ec2& ec2,
             Resolver& resolver)
      : loop_(loop), network_(network), ec2_(ec2), resolver_(resolver) {}

  // Opens and closes what the VPC's attributes say, after the network heard of the VPC itself. A
  // VPC whose enableDnsSupport is off has no resolver: questions meet silence.
  void vpc_changed(const std::string& vpc_id);
  // Closes what is open for VPCs that are not there any more, after all rows were deleted.
  void forget_gone();

 private:
  std::set<vpc::LocalService> wanted(const std::string& vpc_id);
  void open(const vpc::LocalService& service);
  void opened(const vpc::LocalService& service, std::uint64_t attempt,
              Outcome<netns::UniqueFd> socket);
  std::unique_ptr<Port> serve(const vpc::LocalService& service, netns::UniqueFd socket);

  // A port that is being opened has none yet; the number tells a late socket from the one awaited.
  struct Slot {
    std::uint64_t attempt = 0;
    std::unique_ptr<Port> port;
  };

  boost::asio::io_context& loop_;
  vpc::Network& network_;
  ec2::Ec2& ec2_;
  Resolver& resolver_;
  std::uint64_t attempts_ = 0;
  std::map<vpc::LocalService, Slot> ports_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace enibox::dns
