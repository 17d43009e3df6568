#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "emulator/ec2/service.hpp"
#include "tests/unit/call_by_model.hpp"
#include "tests/unit/fake_clock.hpp"
#include "tests/unit/fake_network.hpp"
#include "tests/unit/shape_check.hpp"

namespace enibox::ec2 {

// EC2 on an empty database in memory, with a network in memory.
class Ec2Test : public ::testing::Test {
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

  api::Answer answer(const std::string& operation, const Json& in,
                     const std::string& region = "us-east-1") {
    api::RequestContext request{.region = region,
                                .account_id = "111122223333",
                                .access_key_id = "test",
                                .request_id = "req",
                                .host = "127.0.0.1:4566",
                                .service = "ec2",
                                .operation = operation};
    return api::call_by_model(service, request, in);
  }
  Json call(const std::string& operation, const Json& in = Json::object(),
            const std::string& region = "us-east-1") {
    return answer(operation, in, region).output;
  }
  // "Code: message" of the error the call ends with; "" when it succeeds.
  std::string error(const std::string& operation, const Json& in,
                    const std::string& region = "us-east-1") {
    try {
      call(operation, in, region);
      return "";
    } catch (const AwsError& e) {
      return e.code() + ": " + e.message();
    }
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
  FakeClock clock;
  vpc::FakeNetwork network;
  std::optional<Ec2Service> ec2;
  api::Service service;
  std::vector<std::string> changed_instances, rebooted, changed_enis;
};

}  // namespace enibox::ec2
