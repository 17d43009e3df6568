#pragma once
#include <functional>
#include <map>
#include <string>

#include "emulator/ec2/ec2.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::reconcile {

// Which namespace holds the device of which network interface. Rows say what an interface is, this
// says where it is; together they are what vpc::Network is told. Loop thread only.
class Devices {
 public:
  struct Place {
    std::string netns_path;
    std::string interface_name = "eth0";
    bool dhcp_like = false;            // an instance's own interface
    std::string host_netns_path = {};  // of a task's: its instance's namespace
  };

  Devices(ec2::Ec2& ec2, vpc::Network& network) : ec2_(ec2), network_(network) {}

  // Called with the interface whose device is about to be made.
  std::function<void(const std::string& eni_id)> making = [](const std::string&) {};

  // Makes the device of that row in that place, or brings the one that is there up to the row.
  void put(const std::string& eni_id, Place place, Done<Nothing> done);
  // The row changed (groups, source/destination check): the device follows. Unknown ones are left.
  void refresh(const std::string& eni_id);
  void remove(const std::string& eni_id, Done<Nothing> done);

 private:
  vpc::EniSpec spec(const std::string& eni_id, const Place& place);

  ec2::Ec2& ec2_;
  vpc::Network& network_;
  std::map<std::string, Place> places_;
};

}  // namespace enibox::reconcile
