#pragma once
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "emulator/ec2/service.hpp"
#include "emulator/reconcile/devices.hpp"
#include "emulator/vpc/linux_network.hpp"
#include "tests/unit/fake_clock.hpp"

// EC2's own operations over the real kernel: what a client of the API does, packets meet when the
// call returns. To be made inside a sandbox.
namespace enibox::test {

class ApiWorld {
 public:
  ApiWorld();

  Json call(const std::string& operation, const Json& in = Json::object());
  // Runs the loop until the kernel has all that was told.
  void settle();

  // An interface in service, as a task's, and its namespace.
  struct Eni {
    std::string id, address, netns;
  };
  Eni make_eni(const std::string& subnet_id, const std::vector<std::string>& group_ids);

  ec2::Ec2Service& ec2() { return ec2_; }

 private:
  boost::asio::io_context loop_;
  vpc::LinuxNetwork network_;
  store::Database db_;
  FakeClock clock_;
  ec2::Ec2Service ec2_;
  reconcile::Devices devices_;
  api::Service service_;
  vpc::InternetSockets internet_;
};

}  // namespace enibox::test
