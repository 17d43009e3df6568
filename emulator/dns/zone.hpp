#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/dns/message.hpp"
#include "emulator/ec2/ec2.hpp"

namespace enibox::dns {

// A source of names for the resolvers of VPCs: one object for all VPCs and all of its domains.
// Names are canonical (message.hpp). Called on the loop thread for each question, so it may read
// rows and must not do more. To add one: implement it, put it into the daemon's list.
class Zone {
 public:
  virtual ~Zone() = default;

  // The domain in charge of `name` for the VPC: the longest this source has. Nothing: another's.
  virtual std::optional<std::string> apex(const ec2::VpcDns& vpc, const std::string& name) = 0;
  // Every record at `name`, which is within that domain; nothing: there is no such name. An empty
  // list: there is, without records (also a name that only others are below of).
  virtual std::optional<std::vector<Record>> lookup(const ec2::VpcDns& vpc,
                                                    const std::string& name) = 0;
  // What stands beside a negative answer; its last number is how long that may be kept.
  virtual Record soa(const std::string& apex) {
    return {apex, "SOA", 60,
            "ns0." + apex + ". hostmaster.amazon.com. 2012103100 3600 3600 3600 60"};
  }
};

}  // namespace enibox::dns
