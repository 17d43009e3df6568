#include "emulator/reconcile/guests.hpp"

#include <gmock/gmock.h>

#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::reconcile {
namespace {

class GuestsTest : public ec2::Ec2Test {
 protected:
  GuestsTest() : devices(*ec2, network), guests({*ec2, devices, network, "/nowhere/netns"}) {
    ec2->listen({.instance_changed = {},
                 .instance_rebooted = {},
                 .eni_changed =
                     [this](const std::string& id) {
                       try {
                         ec2->network_interface(id);
                         devices.refresh(id);
                       } catch (const AwsError&) {
                         devices.remove(id, {});
                       }
                     },
                 .instance_profile = {}});
    subnet_id = make_subnet(make_vpc(), "10.0.100.0/24");
  }
  std::size_t interfaces() {
    return call("DescribeNetworkInterfaces",
                {{"Filters",
                  {{{"Name", "subnet-id"}, {"Values", {subnet_id}}}}}})["NetworkInterfaces"]
        .size();
  }

  Devices devices;
  Guests guests;
  std::string subnet_id;
};

TEST_F(GuestsTest, HasRowNamespaceAndDeviceUntilItLeaves) {
  std::optional<Guest> guest;
  const auto eni_id = guests.enter({.subnet_id = subnet_id, .group_ids = {}, .description = "curl"},
                                   [&](Outcome<Guest> outcome) { guest = outcome.get(); });
  ASSERT_TRUE(guest);
  EXPECT_EQ(guest->eni_id, eni_id);
  EXPECT_EQ(guest->subnet_cidr, "10.0.100.0/24");
  EXPECT_THAT(guest->resolv_conf, testing::HasSubstr("nameserver 10.0.0.2\n"));
  EXPECT_TRUE(network.namespaces.contains(guest->netns_path));
  EXPECT_EQ(network.enis.at(eni_id).netns_path, guest->netns_path);
  EXPECT_TRUE(network.enis.at(eni_id).dhcp_like);
  const auto seen = call("DescribeNetworkInterfaces",
                         {{"NetworkInterfaceIds", {eni_id}}})["NetworkInterfaces"][0];
  EXPECT_EQ(seen["Status"], "in-use");
  EXPECT_EQ(seen["Description"], "curl");
  EXPECT_EQ(seen["RequesterManaged"], true);

  bool left = false;
  guests.leave(eni_id, [&] { left = true; });
  EXPECT_TRUE(left);
  EXPECT_EQ(interfaces(), 0u);
  EXPECT_TRUE(network.enis.empty());
  EXPECT_TRUE(network.namespaces.empty());
  left = false;
  guests.leave(eni_id, [&] { left = true; });  // twice is fine
  EXPECT_TRUE(left);
}

TEST_F(GuestsTest, EveryStepCanFailAndLeavesNothing) {
  for (const int step : {1, 2}) {
    std::string error;
    network.fail_call(step);
    guests.enter({.subnet_id = subnet_id, .group_ids = {}, .description = "curl"},
                 [&](Outcome<Guest> outcome) { error = outcome.error(); });
    if (step == 2) {
      EXPECT_NE(error, "");
    }
    if (step == 1) guests.recover();  // the fake's device does not need the namespace
    EXPECT_EQ(interfaces(), 0u) << step;
    EXPECT_TRUE(network.enis.empty()) << step;
    EXPECT_TRUE(network.namespaces.empty()) << step;
  }
}

TEST_F(GuestsTest, TheNextDaemonEndsWhatIsLeft) {
  guests.enter({.subnet_id = subnet_id, .group_ids = {}, .description = "a"}, [](auto) {});
  guests.enter(
      {.kind = GuestKind::kHost, .subnet_id = subnet_id, .group_ids = {}, .description = "b"},
      [](auto) {});
  EXPECT_EQ(guests.present(GuestKind::kCommand).size(), 1u);
  EXPECT_EQ(guests.present(GuestKind::kHost).size(), 1u);
  guests.recover();
  EXPECT_EQ(interfaces(), 0u);
}

TEST_F(GuestsTest, RefusesWhatEc2Refuses) {
  const auto refusal = [&](GuestWanted wanted) -> std::string {
    try {
      guests.enter(wanted, [](auto) { FAIL(); });
    } catch (const AwsError& error) {
      return error.code();
    }
    return "";
  };
  EXPECT_EQ(refusal({.subnet_id = "subnet-0", .group_ids = {}, .description = {}}),
            "InvalidSubnetID.NotFound");
  EXPECT_EQ(
      refusal({.region = "eu-west-1", .subnet_id = subnet_id, .group_ids = {}, .description = {}}),
      "InvalidSubnetID.NotFound");
  EXPECT_EQ(refusal({.subnet_id = subnet_id, .group_ids = {"sg-0"}, .description = {}}),
            "InvalidGroup.NotFound");
  EXPECT_EQ(interfaces(), 0u);
}

}  // namespace
}  // namespace enibox::reconcile
