#pragma once
#include <string>

#include "emulator/ec2/images.hpp"
#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {

// A VPC with a subnet, an internet gateway and an image to launch.
class LaunchFixture : public Ec2Test {
 protected:
  std::string vpc_id = make_vpc();
  std::string subnet_id = make_subnet(vpc_id, "10.0.100.0/24");
  std::string image_id = images_of("us-east-1").front().image_id;

  Json wanted(const Json& more = Json::object()) {
    Json in = {{"ImageId", image_id},
               {"InstanceType", "t3.medium"},
               {"MinCount", 1},
               {"MaxCount", 1},
               {"SubnetId", subnet_id}};
    in.update(more);
    return in;
  }
  Json launch(const Json& more = Json::object()) {
    return call("RunInstances", wanted(more))["Instances"][0];
  }
  Json instance(const std::string& id) {
    return call("DescribeInstances", {{"InstanceIds", {id}}})["Reservations"][0]["Instances"][0];
  }
  static Json filter(const std::string& name, const std::vector<std::string>& values) {
    return {{"Filters", {{{"Name", name}, {"Values", values}}}}};
  }
};

}  // namespace enibox::ec2
