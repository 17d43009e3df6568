#pragma once
#include <string>
#include <vector>

#include "emulator/ec2/service.hpp"
#include "tests/unit/fake_network.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::ec2 {

// EC2 on an empty database in memory, with a network in memory.
class Ec2Test : public ServiceFixture {
 protected:
  Ec2Test() {
    db.migrate();
    ec2.emplace(db, clock, network, "111122223333");
    ec2->listen(
        {.instance_changed = [this](const std::string& id) { changed_instances.push_back(id); },
         .instance_rebooted = [this](const std::string& id) { rebooted.push_back(id); },
         .eni_changed = [this](const std::string& id) { changed_enis.push_back(id); },
         .instance_profile = {}});
    service = ec2->operations();
  }

  std::string make_vpc(const std::string& cidr = "10.0.0.0/16") {
    return call("CreateVpc", {{"CidrBlock", cidr}})["Vpc"]["VpcId"];
  }
  std::string make_subnet(const std::string& vpc_id, const std::string& cidr,
                          const std::string& zone = "us-east-1a") {
    return call(
        "CreateSubnet",
        {{"VpcId", vpc_id}, {"CidrBlock", cidr}, {"AvailabilityZone", zone}})["Subnet"]["SubnetId"];
  }

  store::Database db;
  vpc::FakeNetwork network;
  std::optional<Ec2Service> ec2;
  std::vector<std::string> changed_instances, rebooted, changed_enis;
};

}  // namespace enibox::ec2
