#include <gtest/gtest.h>

#include "netns/address.hpp"
#include "netns/bridge.hpp"
#include "netns/link.hpp"
#include "netns/macvlan.hpp"
#include "netns/neighbour.hpp"
#include "netns/route.hpp"
#include "netns/rule.hpp"
#include "netns/sysctl.hpp"
#include "netns/veth.hpp"
#include "tests/net/sandbox.hpp"

// The kernel wrappers, each against what `ip` says.
namespace enibox::netns {
namespace {

using test::in_sandbox;
using test::make_namespace;
using test::output_in;

TEST(Netns, AFileOfANamespaceComesAndGoes) {
  in_sandbox([] {
    const std::string path = make_namespace("one");
    EXPECT_TRUE(Namespace::exists(path));
    EXPECT_THROW(Namespace::create(path), std::system_error);
    EXPECT_TRUE(Namespace::remove(path));
    EXPECT_FALSE(Namespace::remove(path));
    EXPECT_FALSE(Namespace::exists(path));
    EXPECT_THROW(Namespace::open(path), std::system_error);
    EXPECT_THROW(Namespace::create("/run/no/such/directory/x"), std::system_error);
    EXPECT_THROW(Namespace::open("/proc/self/status"), std::system_error);
  });
}

TEST(Netns, RunEntersAndNobodyElseMoves) {
  in_sandbox([] {
    const std::string path = make_namespace("one");
    RouteSocket here(Namespace::current());
    create_bridge(here, {.name = "only-here"});
    bool seen = true;
    Namespace::open(path).run([&] {
      RouteSocket there;
      seen = find_link(there, "only-here").has_value();
    });
    EXPECT_FALSE(seen);
    EXPECT_THROW(Namespace::open(path).run([] { throw std::runtime_error("out"); }),
                 std::runtime_error);
    RouteSocket again(Namespace::current());
    EXPECT_TRUE(find_link(again, "only-here"));
  });
}

TEST(Netns, AVethIsBornCompleteOnBothSides) {
  in_sandbox([] {
    const std::string far_path = make_namespace("far");
    const Namespace far = Namespace::open(far_path);
    RouteSocket here(Namespace::open(make_namespace("here"))), there(far);
    create_veth(
        here, {.name = "near0", .index = 77, .mac = "0a:00:00:00:00:01", .mtu_bytes = 9001},
        {.name = "eth0", .index = 4, .mac = "0a:00:00:00:00:02", .mtu_bytes = 9001, .where = &far});
    const auto near = find_link(here, "near0");
    const auto peer = find_link(there, "eth0");
    ASSERT_TRUE(near && peer);
    EXPECT_EQ(*near, (Link{77, "near0", "0a:00:00:00:00:01", 9001, true, "veth", 4, 0}));
    EXPECT_EQ(*peer, (Link{4, "eth0", "0a:00:00:00:00:02", 9001, false, "veth", 77, 0}));
    EXPECT_EQ(find_link(here, 77), near);
    EXPECT_FALSE(find_link(here, 78));
    EXPECT_FALSE(find_link(here, "eth0"));

    add_alternative_name(here, 77, "a-name-longer-than-fifteen");
    add_alternative_name(here, 77, "a-name-longer-than-fifteen");
    EXPECT_EQ(find_link(here, "a-name-longer-than-fifteen")->index, 77);
    try {
      create_veth(here, {.name = "near0"}, {.name = "eth1", .where = &far});
      FAIL() << "made twice";
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), EEXIST);
      EXPECT_NE(std::string(error.what()).find("add veth near0"), std::string::npos);
    }
    EXPECT_FALSE(find_link(there, "eth1"));
    EXPECT_TRUE(delete_link(here, 77));
    EXPECT_FALSE(delete_link(here, 77));
    EXPECT_FALSE(find_link(there, "eth0"));
  });
}

TEST(Netns, MacvlanOfATrunkGoesToItsTask) {
  in_sandbox([] {
    const Namespace task = Namespace::open(make_namespace("task"));
    RouteSocket host(Namespace::open(make_namespace("host"))), inside(task);
    create_veth(host, {.name = "trunk", .index = 5}, {.name = "other"});
    create_macvlan(host, 5, {.name = "eth0", .mac = "0a:00:00:00:00:09", .where = &task});
    const auto branch = find_link(inside, "eth0");
    ASSERT_TRUE(branch);
    EXPECT_EQ(branch->kind, "macvlan");
    EXPECT_EQ(branch->peer_index, 5);
    EXPECT_NE(output_in("/run/netns-test/task", "ip -d link show eth0").find("mode vepa"),
              std::string::npos);
  });
}

TEST(Netns, AddressesRoutesRulesAndNeighbours) {
  in_sandbox([] {
    const std::string path = make_namespace("one");
    RouteSocket here(Namespace::open(path));
    create_bridge(here, {.name = "br", .index = 9, .mac = "06:00:00:00:00:01"});
    const InterfaceAddress leased{
        .prefix = "10.0.100.21/24", .broadcast = "10.0.100.255", .lifetime_s = 3600};
    put_address(here, 9, leased);
    put_address(here, 9, leased);
    put_address(here, 9, {.prefix = "10.9.0.1/32"});
    const auto addresses = list_addresses(here, 9);
    ASSERT_EQ(addresses.size(), 2u);
    EXPECT_EQ(addresses[0].broadcast, "10.0.100.255");
    EXPECT_LE(addresses[0].lifetime_s.value_or(0), 3600u);
    EXPECT_EQ(addresses[1], (InterfaceAddress{.prefix = "10.9.0.1/32"}));
    EXPECT_TRUE(delete_address(here, 9, "10.9.0.1/32"));
    EXPECT_FALSE(delete_address(here, 9, "10.9.0.1/32"));

    const Route by_gateway{
        .destination = "192.0.2.0/24", .gateway = "10.0.100.1", .link_index = 9, .table = 42};
    put_route(here, by_gateway);
    put_route(here, by_gateway);
    put_route(here, {.destination = "0.0.0.0/0", .kind = RouteKind::kBlackhole, .table = 42});
    put_route(here, {.destination = "10.0.0.0/16", .kind = RouteKind::kThrow, .table = 42});
    EXPECT_EQ(list_routes(here, 42).size(), 3u);
    EXPECT_NE(output_in(path, "ip route show table 42").find("throw 10.0.0.0/16"),
              std::string::npos);
    EXPECT_TRUE(delete_route(here, by_gateway));
    EXPECT_FALSE(delete_route(here, by_gateway));

    const MarkRule rule{.mark = 1, .mask = 0xfff, .table = 42, .priority = 100};
    add_mark_rule(here, rule);
    add_mark_rule(here, rule);
    EXPECT_NE(output_in(path, "ip rule").find("fwmark 0x1/0xfff lookup 42"), std::string::npos);
    EXPECT_TRUE(delete_mark_rule(here, rule));
    EXPECT_FALSE(delete_mark_rule(here, rule));

    put_neighbour(here, 9, "10.0.100.5", "0a:00:00:00:00:05");
    EXPECT_EQ(list_neighbours(here),
              (std::vector<Neighbour>{{"10.0.100.5", "0a:00:00:00:00:05", 9, true}}));
    EXPECT_GT(proxy_delay_ms(here, 9), 0);
    set_proxy_delay(here, 9, 0);
    EXPECT_EQ(proxy_delay_ms(here, 9), 0);
    EXPECT_EQ(proxy_delay_ms(here, 99), -1);
    EXPECT_TRUE(delete_neighbour(here, 9, "10.0.100.5"));
    EXPECT_FALSE(delete_neighbour(here, 9, "10.0.100.5"));

    EXPECT_THROW(put_address(here, 9, {.prefix = "10.0.0.1/33"}), std::system_error);
    EXPECT_THROW(put_address(here, 99, {.prefix = "10.0.0.1/24"}), std::system_error);
    EXPECT_THROW(put_route(here, {.destination = "all", .link_index = 9}), std::system_error);
  });
}

TEST(Netns, SysctlsAreTheNamespacesOwn) {
  in_sandbox([] {
    const Namespace one = Namespace::open(make_namespace("one"));
    const Namespace two = Namespace::open(make_namespace("two"));
    write_sysctls(one, {{"net/ipv4/ip_forward", "1"}, {"net/ipv4/no_such", "1", true}});
    write_sysctls(two, {{"net/ipv4/ip_forward", "0"}});
    EXPECT_EQ(read_sysctl(one, "net/ipv4/ip_forward"), "1");
    EXPECT_EQ(read_sysctl(two, "net/ipv4/ip_forward"), "0");
    EXPECT_THROW(write_sysctls(one, {{"net/ipv4/no_such", "1"}}), std::system_error);
  });
}

}  // namespace
}  // namespace enibox::netns
