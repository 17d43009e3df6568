#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>

#include "emulator/vpc/eni_device.hpp"
#include "netns/namespace.hpp"
#include "netns/neighbour.hpp"
#include "tests/net/world.hpp"

// What is left of a failed step, of a daemon that died, of a VPC that is gone.
namespace enibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What stands in a namespace, without what comes and goes by itself: carrier, duplicate address
// detection, lifetimes. Whether lo is up does not count: it costs nobody anything.
std::string kernel_state(const std::string& netns) {
  netns::RouteSocket socket(netns::Namespace::open(netns));
  std::string state;
  for (const auto& link : netns::list_links(socket))
    if (link.name != "lo")
      state += std::to_string(link.index) + " " + link.name + " " + link.kind + " " + link.mac +
               " " + std::to_string(link.mtu_bytes) + (link.up ? " up " : " down ") +
               std::to_string(link.peer_index) + " " + std::to_string(link.master_index) + "\n";
  return state + output_in(netns,
                           "ip -4 -o address show | grep -v ' lo ' | sed 's/valid_lft.*//';"
                           "ip -4 route show table all | grep -v ' lo ' | sed 's/ linkdown//';"
                           "ip -4 neighbour show nud permanent; ip -4 rule show");
}

// Fails every step of `work` in turn; after each, `state` must be as before. Returns how many.
int fail_each_step(int& countdown, const std::function<void()>& work,
                   const std::function<std::string()>& state) {
  constexpr int kMostSteps = 100;
  const std::string before = state();
  for (int failing = 1; failing <= kMostSteps; ++failing) {
    countdown = failing;
    try {
      work();
      return failing - 1;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("injected"));
      countdown = 0;
      EXPECT_EQ(state(), before) << "after failing step " << failing << ": " << error.what();
    }
  }
  ADD_FAILURE() << "no end of steps";
  return 0;
}

TEST(Recovery, EveryStepThatFailsLeavesTheKernelAsItWas) {
  in_sandbox([] {
    int countdown = 0;
    World world(
        {.netns_directory = router_directory(), .before_step = [&](const std::string& step) {
           if (countdown > 0 && --countdown == 0) throw std::runtime_error("injected at " + step);
         }});
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task first = world.task(7, {"sg-lab"});
    const std::string host = make_namespace("host");
    const std::string place = make_namespace("place");
    const auto state = [&] {
      std::string routers;
      for (const auto& file : std::filesystem::directory_iterator(router_directory()))
        routers += file.path().string() + "\n";
      world.path.settle();
      return routers + kernel_state(world.router()) + world.filters() + kernel_state(host) +
             kernel_state(place);
    };

    vpc::EniSpec instance = first.eni;
    instance.eni_id = "eni-instance";
    instance.address = "10.0.100.21";
    instance.mac = "0a:ff:00:00:00:21";
    instance.netns_path = host;
    instance.dhcp_like = true;
    vpc::EniSpec task = first.eni;
    task.eni_id = "eni-task";
    task.address = "10.0.100.22";
    task.mac = "0a:ff:00:00:00:22";
    task.netns_path = place;
    task.host_netns_path = host;

    EXPECT_GE(fail_each_step(
                  countdown, [&] { world.path.put_eni(instance); }, state),
              8);
    EXPECT_GE(fail_each_step(
                  countdown, [&] { world.path.prepare_instance(host); }, state),
              4);
    EXPECT_GE(fail_each_step(
                  countdown, [&] { world.path.put_eni(task); }, state),
              8);
    EXPECT_GE(fail_each_step(
                  countdown,
                  [&] {
                    world.path.put_task_bridge({host, place, "169.254.172.2"});
                  },
                  state),
              3);
    EXPECT_GE(fail_each_step(
                  countdown,
                  [&] {
                    world.path.put_vpc({"vpc-2", {"10.0.0.0/16"}, {"10.0.1.0/24"}});
                  },
                  state),
              4);
    EXPECT_GE(fail_each_step(
                  countdown,
                  [&] {
                    world.group("sg-lab", {to_anywhere()});
                    world.path.remove_group("sg-other");
                  },
                  state),
              1);
    countdown = 0;
    world.path.remove_vpc("vpc-2");
  });
}

TEST(Recovery, BadSpecsAreRefusedWithWords) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {to_anywhere()});
    const Task good = world.task(7, {"sg-lab"});
    const std::string before = kernel_state(world.router()) + world.filters();
    const auto refused = [&](const std::function<void(vpc::EniSpec&)>& spoil) {
      vpc::EniSpec eni = good.eni;
      eni.eni_id = "eni-bad";
      eni.address = "10.0.100.99";
      eni.netns_path = make_namespace("bad");
      spoil(eni);
      std::string words;
      try {
        world.path.put_eni(eni);
      } catch (const std::system_error& error) {
        words = error.what();
      }
      netns::Namespace::remove("/run/netns-test/bad");
      EXPECT_EQ(kernel_state(world.router()) + world.filters(), before) << words;
      return words;
    };
    EXPECT_THAT(refused([](auto& eni) { eni.netns_path = "/run/nowhere"; }),
                HasSubstr("No such file"));
    EXPECT_THAT(refused([](auto& eni) { eni.netns_path = "/proc/self/status"; }),
                HasSubstr("not a namespace file"));
    EXPECT_THAT(refused([](auto& eni) { eni.address = "10.0.101.5"; }), HasSubstr("10.0.101.5"));
    EXPECT_THAT(refused([](auto& eni) { eni.mac = "0a:ff"; }), HasSubstr("MAC address"));
    EXPECT_THAT(refused([](auto& eni) { eni.mac = "01:00:00:00:00:01"; }), Not(HasSubstr("ok")));
    EXPECT_THAT(refused([](auto& eni) { eni.interface_name = "a name too long for it"; }),
                Not(::testing::IsEmpty()));
    EXPECT_THAT(refused([](auto& eni) { eni.vpc_id = "vpc-9"; }), HasSubstr("vpc-9"));
    EXPECT_THAT(refused([](auto& eni) { eni.group_ids = {"sg-a }"}; }), HasSubstr("sg-a }"));
  });
}

TEST(Recovery, PuttingWhatIsThereAndRemovingWhatIsNotSucceeds) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task a = world.task(7, {"sg-lab"});
    const std::string before = kernel_state(world.router()) + kernel_state(a.netns);
    world.path.put_vpc({"vpc-1", {"10.0.0.0/16"}, {"10.0.100.0/24", "10.0.101.0/24"}});
    world.path.put_eni(a.eni);
    EXPECT_EQ(kernel_state(world.router()) + kernel_state(a.netns), before);
    world.path.remove_eni("eni-none");
    world.path.remove_group("sg-none");
    world.path.remove_vpc("vpc-none");
    // Gone and back in one breath, though its old device is still being deleted.
    world.path.remove_eni(a.eni.eni_id);
    world.path.put_eni(a.eni);
    EXPECT_NE(output_in(a.netns, "ip address").find("10.0.100.7/24"), std::string::npos);
  });
}

TEST(Recovery, ATaskThatTookItsNamespaceAlongIsForgotten) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task a = world.task(7, {"sg-lab"});
    netns::Namespace::remove(a.netns);
    world.path.remove_eni(a.eni.eni_id);
    world.path.settle();
    auto links = world.router_links();
    EXPECT_EQ(netns::list_links(links).size(), 1u);  // lo
    EXPECT_EQ(world.filters().find("10.0.100.7"), std::string::npos);
  });
}

TEST(Recovery, TheNextDaemonTakesOverAndFlowsGoOn) {
  in_sandbox([] {
    std::optional<World> world(std::in_place);
    world->group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task a = world->task(7, {"sg-lab"});
    const Task b = world->task(8, {"sg-lab"});
    const Task deserted = world->task(9, {"sg-lab"});  // removed while no daemon runs
    world->path.put_vpc({"vpc-2", {"10.0.0.0/16"}, {"10.0.100.0/24"}});
    const auto talk = converse(a, b, 80);
    const auto router_ends = [&] {
      std::map<std::string, int> ends;
      auto links = world->router_links();
      for (const auto& link : netns::list_links(links)) ends[link.name] = link.index;
      return ends;
    };
    auto ends = router_ends();
    EXPECT_EQ(ends.size(), 4u);
    const std::string filters_before = world->filters();

    world.reset();  // the daemon died; namespaces and tasks live on
    world.emplace(vpc::DataPathOptions{.netns_directory = router_directory(), .adopt = true});
    world->group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    vpc::EniSpec moved = b.eni;
    moved.mac = "0a:ff:00:00:99:99";  // not what stands there: made anew
    world->path.put_eni(a.eni);
    world->path.put_eni(b.eni);
    say(talk.client, "have you noticed?");
    EXPECT_EQ(hear(talk.server), "have you noticed?");

    EXPECT_NE(world->filters(), filters_before);
    world->path.forget_unclaimed();
    world->path.settle();
    ends.erase(vpc::router_end_name(deserted.eni.eni_id));
    EXPECT_EQ(router_ends(), ends);  // the very same devices
    EXPECT_FALSE(netns::Namespace::exists(router_directory() + "/vpc-2"));
    world->path.put_eni(moved);
    EXPECT_NE(output_in(b.netns, "ip link show eth0").find("0a:ff:00:00:99:99"), std::string::npos);
  });
}

TEST(Recovery, WithoutAdoptionALeftoverRouterIsReplaced) {
  in_sandbox([] {
    std::optional<World> world(std::in_place);
    world->group("sg-lab", {to_anywhere()});
    world->task(7, {"sg-lab"});
    world.reset();
    world.emplace();
    auto links = world->router_links();
    EXPECT_EQ(netns::list_links(links).size(), 1u);
  });
}

TEST(Recovery, NothingIsLeftOfAVpc) {
  in_sandbox([] {
    const int descriptors = open_descriptors();
    {
      World world;
      world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
      std::vector<Task> tasks;
      for (int number = 2; number < 12; ++number) tasks.push_back(world.task(number, {"sg-lab"}));
      for (const auto& task : tasks) world.path.remove_eni(task.eni.eni_id);
      world.path.settle();
      {
        auto links = world.router_links();
        EXPECT_EQ(netns::list_links(links).size(), 1u);
        EXPECT_TRUE(netns::list_neighbours(links).empty());
      }
      world.path.remove_group("sg-lab");
      EXPECT_EQ(world.filters().find("sg-lab"), std::string::npos);
      world.path.remove_vpc("vpc-1");
      world.path.settle();
      EXPECT_FALSE(std::filesystem::exists(world.router()));
    }
    EXPECT_EQ(open_descriptors(), descriptors);
  });
}

}  // namespace
}  // namespace enibox::test
