#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "netns/sysctl.hpp"
#include "tests/net/api_world.hpp"
#include "tests/net/probes.hpp"
#include "tests/net/sandbox.hpp"

// What `enibox why` says, and what packets do: the same, for networks that nobody thought of.
//
//   ENIBOX_SEED=7 ENIBOX_ROUNDS=50 build/net_tests --gtest_filter='Reachability.*'
namespace enibox::test {
namespace {

using reachability::Kind;

constexpr int kProbesPerRound = 450;
constexpr int kChangesPerRound = 12;
const std::vector<std::uint16_t> kPorts = {22, 80, 443, 1000, 8080};

int from_environment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  int below(std::size_t count) {
    return static_cast<int>(std::uniform_int_distribution<std::size_t>(0, count - 1)(engine_));
  }
  bool chance(double of_one) { return std::bernoulli_distribution(of_one)(engine_); }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(from.size()))];
  }
  template <typename T>
  void shuffle(std::vector<T>& all) {
    std::shuffle(all.begin(), all.end(), engine_);
  }

 private:
  std::mt19937 engine_;
};

struct Subnet {
  std::string id, cidr, table{}, acl{};
};
struct Vpc {
  std::string id, cidr, gateway{};
  std::vector<Subnet> subnets{};
  std::vector<std::string> groups{};
};

// Two peered VPCs with gateways, a dozen interfaces, an appliance, a NAT gateway; groups, network
// ACLs, prefix lists and routes by chance, and changed by chance.
class Maze {
 public:
  Maze(ApiWorld& api, Dice& dice) : api_(api), dice_(dice) {
    vpcs_.push_back(make_vpc("10.0.0.0/16", {"10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"}));
    vpcs_.push_back(make_vpc("10.1.0.0/16", {"10.1.1.0/24", "10.1.2.0/24"}));
    peer();
    make_lists();
    for (int i = 0; i < 12; ++i) make_interface();
    make_appliance();
    make_nat();
    for (int i = 0; i < 100; ++i) change_rules();
    for (auto& vpc : vpcs_)
      for (auto& subnet : vpc.subnets) fill_acl(subnet);
    for (int i = 0; i < 12; ++i) change_routes();
  }

  void change() {
    for (int i = 0; i < kChangesPerRound; ++i) {
      switch (dice_.below(6)) {
        case 0:
          change_groups();
          break;
        case 1:
          change_acl();
          break;
        case 2:
          change_routes();
          break;
        case 3:
          change_list();
          break;
        default:
          change_rules();
      }
    }
  }

  std::vector<ProbeHost> hosts() const {
    std::vector<ProbeHost> all;
    for (const auto& eni : enis_) all.push_back({eni.netns, eni.address});
    return all;
  }
  // An address of an interface other than number `from`: its own or its public one.
  std::string destination(std::size_t from) {
    auto to = static_cast<std::size_t>(dice_.below(enis_.size()));
    if (to == from) to = (to + 1) % enis_.size();
    const auto outer = public_.find(to);
    return outer != public_.end() && dice_.chance(0.3) ? outer->second : enis_[to].address;
  }
  std::size_t host_of(const std::string& eni_id) const {
    const auto found =
        std::find_if(enis_.begin(), enis_.end(), [&](const auto& eni) { return eni.id == eni_id; });
    return static_cast<std::size_t>(found - enis_.begin());
  }
  const std::string& eni_id(std::size_t host) const { return enis_[host].id; }

 private:
  Vpc make_vpc(const std::string& cidr, const std::vector<std::string>& subnets) {
    Vpc vpc{.id = api_.call("CreateVpc", {{"CidrBlock", cidr}})["Vpc"]["VpcId"], .cidr = cidr};
    vpc.gateway = api_.call("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"];
    api_.call("AttachInternetGateway", {{"InternetGatewayId", vpc.gateway}, {"VpcId", vpc.id}});
    for (const auto& block : subnets) vpc.subnets.push_back(make_subnet(vpc.id, block));
    for (int i = 0; i < 5; ++i) {
      const std::string name = "group-" + std::to_string(i);
      vpc.groups.push_back(
          api_.call("CreateSecurityGroup",
                    {{"GroupName", name}, {"Description", name}, {"VpcId", vpc.id}})["GroupId"]);
      if (dice_.chance(0.75)) continue;  // the others keep the rule that lets everything out
      api_.call(
          "RevokeSecurityGroupEgress",
          {{"GroupId", vpc.groups.back()},
           {"IpPermissions", {{{"IpProtocol", "-1"}, {"IpRanges", {{{"CidrIp", "0.0.0.0/0"}}}}}}}});
    }
    return vpc;
  }

  Subnet make_subnet(const std::string& vpc_id, const std::string& cidr) {
    Subnet subnet{.id = api_.call("CreateSubnet",
                                  {{"VpcId", vpc_id}, {"CidrBlock", cidr}})["Subnet"]["SubnetId"],
                  .cidr = cidr};
    subnet.table = api_.call("CreateRouteTable", {{"VpcId", vpc_id}})["RouteTable"]["RouteTableId"];
    api_.call("AssociateRouteTable", {{"RouteTableId", subnet.table}, {"SubnetId", subnet.id}});
    subnet.acl = api_.call("CreateNetworkAcl", {{"VpcId", vpc_id}})["NetworkAcl"]["NetworkAclId"];
    const auto acls = api_.call(
        "DescribeNetworkAcls",
        {{"Filters",
          {{{"Name", "association.subnet-id"}, {"Values", std::vector<std::string>{subnet.id}}}}}});
    for (const auto& association : acls["NetworkAcls"][0]["Associations"])
      if (association["SubnetId"] == subnet.id)
        api_.call("ReplaceNetworkAclAssociation",
                  {{"AssociationId", association["NetworkAclAssociationId"]},
                   {"NetworkAclId", subnet.acl}});
    return subnet;
  }

  void peer() {
    peering_ =
        api_.call("CreateVpcPeeringConnection",
                  {{"VpcId", vpcs_[0].id},
                   {"PeerVpcId", vpcs_[1].id}})["VpcPeeringConnection"]["VpcPeeringConnectionId"];
    api_.call("AcceptVpcPeeringConnection", {{"VpcPeeringConnectionId", peering_}});
    for (std::size_t i = 0; i < vpcs_.size(); ++i)
      for (const auto& subnet : vpcs_[i].subnets) {
        put_route(subnet.table, vpcs_[1 - i].cidr, "VpcPeeringConnectionId", peering_);
        put_route(subnet.table, "0.0.0.0/0", "GatewayId", vpcs_[i].gateway);
      }
  }

  void make_lists() {
    for (int i = 0; i < 3; ++i) {
      const Json in = {{"PrefixListName", "list-" + std::to_string(i)},
                       {"MaxEntries", 10},
                       {"AddressFamily", "IPv4"},
                       {"Entries", {{{"Cidr", i == 0 ? "10.0.0.0/15" : "10.0.1.0/25"}}}}};
      lists_.push_back(api_.call("CreateManagedPrefixList", in)["PrefixList"]["PrefixListId"]);
    }
  }

  std::vector<std::string> some_groups(const Vpc& vpc) {
    auto groups = vpc.groups;
    dice_.shuffle(groups);
    groups.resize(static_cast<std::size_t>(1 + dice_.below(3)));
    return groups;
  }

  void make_interface() {
    const auto& vpc = vpcs_[enis_.size() % 3 == 2 ? 1 : 0];
    enis_.push_back(api_.make_eni(dice_.pick(vpc.subnets).id, some_groups(vpc)));
    vpc_of_.push_back(vpc.id);
    if (!dice_.chance(0.5)) return;
    const auto address = api_.call("AllocateAddress", {{"Domain", "vpc"}});
    api_.call("AssociateAddress",
              {{"AllocationId", address["AllocationId"]}, {"NetworkInterfaceId", enis_.back().id}});
    public_[enis_.size() - 1] = address["PublicIp"];
  }

  // Forwards what it takes, as a firewall of the user's would.
  void make_appliance() {
    const auto& vpc = vpcs_[0];
    enis_.push_back(api_.make_eni(vpc.subnets[2].id, some_groups(vpc)));
    vpc_of_.push_back(vpc.id);
    appliance_ = enis_.back().id;
    api_.call("ModifyNetworkInterfaceAttribute",
              {{"NetworkInterfaceId", appliance_}, {"SourceDestCheck", {{"Value", false}}}});
    netns::write_sysctls(netns::Namespace::open(enis_.back().netns),
                         {{"net/ipv4/ip_forward", "1"},
                          {"net/ipv4/conf/all/send_redirects", "0"},
                          {"net/ipv4/conf/eth0/send_redirects", "0"}});
  }

  // In a subnet whose network ACL is the default one: a NAT gateway picks its ports itself.
  void make_nat() {
    auto& vpc = vpcs_[0];
    const Json made = api_.call("CreateSubnet", {{"VpcId", vpc.id}, {"CidrBlock", "10.0.9.0/24"}});
    const std::string table =
        api_.call("CreateRouteTable", {{"VpcId", vpc.id}})["RouteTable"]["RouteTableId"];
    api_.call("AssociateRouteTable",
              {{"RouteTableId", table}, {"SubnetId", made["Subnet"]["SubnetId"]}});
    put_route(table, "0.0.0.0/0", "GatewayId", vpc.gateway);
    const auto address = api_.call("AllocateAddress", {{"Domain", "vpc"}});
    nat_ = api_.call("CreateNatGateway",
                     {{"SubnetId", made["Subnet"]["SubnetId"]},
                      {"AllocationId", address["AllocationId"]}})["NatGateway"]["NatGatewayId"];
  }

  void put_route(const std::string& table, const std::string& to, const char* kind,
                 const std::string& target) {
    const Json in = {{"RouteTableId", table}, {"DestinationCidrBlock", to}, {kind, target}};
    const bool there = routes_.contains({table, to});
    api_.call(there ? "ReplaceRoute" : "CreateRoute", in);
    routes_.insert({table, to});
  }
  void drop_route(const std::string& table, const std::string& to) {
    if (routes_.erase({table, to}) == 0) return;
    api_.call("DeleteRoute", {{"RouteTableId", table}, {"DestinationCidrBlock", to}});
  }

  void change_routes() {
    const auto here = static_cast<std::size_t>(dice_.below(vpcs_.size()));
    const auto& vpc = vpcs_[here];
    const auto& table = dice_.pick(vpc.subnets).table;
    const auto& other_cidr = vpcs_[1 - here].cidr;
    switch (dice_.below(8)) {
      case 0:
        return drop_route(table, other_cidr);
      case 1:
        return drop_route(table, "0.0.0.0/0");
      case 2:
        return put_route(table, "0.0.0.0/0", "GatewayId", vpc.gateway);
      case 3:
        if (here == 0) return put_route(table, "0.0.0.0/0", "NatGatewayId", nat_);
        return;
      case 4:  // through the appliance, past the local route
        if (here != 0 || table == vpc.subnets[2].table) return;
        return put_route(table, dice_.pick(vpc.subnets).cidr, "NetworkInterfaceId", appliance_);
      case 5:
        return drop_route(table, dice_.pick(dice_.pick(vpcs_).subnets).cidr);
      case 6:  // to the other VPC through it
        if (here != 0 || table == vpc.subnets[2].table) return;
        return put_route(table, dice_.pick(vpcs_[1].subnets).cidr, "NetworkInterfaceId",
                         appliance_);
      default:
        return put_route(table, other_cidr, "VpcPeeringConnectionId", peering_);
    }
  }

  std::string some_block() {
    switch (dice_.below(6)) {
      case 0:
        return dice_.pick(enis_).address + "/32";
      case 1:
        if (!public_.empty()) return public_.begin()->second + "/32";
        return "0.0.0.0/0";
      case 2:
        return dice_.pick(dice_.pick(vpcs_).subnets).cidr;
      case 3:
        return dice_.pick(vpcs_).cidr;
      case 4:
        return "203.0.113.0/24";
      default:
        return "0.0.0.0/0";
    }
  }

  Json some_permission() {
    static const std::vector<std::string> kProtocols = {"-1", "tcp", "udp", "icmp",
                                                        "6",  "17",  "1",   "tcp"};
    const auto& protocol = dice_.pick(kProtocols);
    Json permission = {{"IpProtocol", protocol}};
    if (protocol == "icmp" || protocol == "1") {
      permission["FromPort"] = dice_.chance(0.8) ? 8 : 0;
      permission["ToPort"] = dice_.chance(0.5) ? -1 : 0;
      if (dice_.chance(0.3)) permission["FromPort"] = permission["ToPort"] = -1;
    } else if (protocol != "-1") {
      auto from = dice_.pick(kPorts), to = dice_.pick(kPorts);
      if (from > to) std::swap(from, to);
      permission["FromPort"] = dice_.chance(0.3) ? 0 : from;
      permission["ToPort"] = dice_.chance(0.3) ? 65535 : to;
    }
    if (dice_.chance(0.25))
      permission["UserIdGroupPairs"] = {{{"GroupId", dice_.pick(dice_.pick(vpcs_).groups)}}};
    else if (dice_.chance(0.2))
      permission["PrefixListIds"] = {{{"PrefixListId", dice_.pick(lists_)}}};
    else
      permission["IpRanges"] = {{{"CidrIp", some_block()}}};
    return permission;
  }

  void change_rules() {
    const auto& group = dice_.pick(dice_.pick(vpcs_).groups);
    const bool egress = dice_.chance(0.35);
    if (rules_.size() > 80 && dice_.chance(0.5)) {
      const auto at = dice_.below(rules_.size());
      const auto rule = rules_[static_cast<std::size_t>(at)];
      rules_.erase(rules_.begin() + at);
      api_.call(
          rule.egress ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroupIngress",
          {{"GroupId", rule.group}, {"SecurityGroupRuleIds", std::vector<std::string>{rule.id}}});
      return;
    }
    try {
      const auto made =
          api_.call(egress ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress",
                    {{"GroupId", group}, {"IpPermissions", {some_permission()}}});
      rules_.push_back({group, made["SecurityGroupRules"][0]["SecurityGroupRuleId"], egress});
    } catch (const AwsError& error) {
      if (error.code() != "InvalidPermission.Duplicate" &&
          error.code() != "RulesPerSecurityGroupLimitExceeded")
        throw;
    }
  }

  void change_groups() {
    const auto host = static_cast<std::size_t>(dice_.below(enis_.size()));
    const auto& vpc = vpcs_[vpc_of_[host] == vpcs_[0].id ? 0 : 1];
    api_.call("ModifyNetworkInterfaceAttribute",
              {{"NetworkInterfaceId", enis_[host].id}, {"Groups", some_groups(vpc)}});
  }

  void change_list() {
    const auto& list = dice_.pick(lists_);
    const auto shown = api_.call("DescribeManagedPrefixLists", {{"PrefixListIds", {list}}});
    const auto version = shown["PrefixLists"][0]["Version"];
    const auto entries =
        api_.call("GetManagedPrefixListEntries", {{"PrefixListId", list}})["Entries"];
    const auto block = some_block();
    Json in = {{"PrefixListId", list}, {"CurrentVersion", version}};
    const bool there = std::any_of(entries.begin(), entries.end(),
                                   [&](const auto& entry) { return entry["Cidr"] == block; });
    if (there)
      in["RemoveEntries"] = {{{"Cidr", block}}};
    else if (entries.size() < 10)
      in["AddEntries"] = {{{"Cidr", block}}};
    else
      return;
    api_.call("ModifyManagedPrefixList", in);
  }

  void put_entry(const Subnet& subnet, int number, bool egress) {
    static const std::vector<std::string> kProtocols = {"-1", "6", "17", "1"};
    const auto& protocol = dice_.pick(kProtocols);
    Json in = {{"NetworkAclId", subnet.acl}, {"RuleNumber", number},
               {"Egress", egress},           {"RuleAction", dice_.chance(0.7) ? "allow" : "deny"},
               {"Protocol", protocol},       {"CidrBlock", some_block()}};
    if (protocol == "1") {
      in["IcmpTypeCode"] = {{"Type", dice_.chance(0.5) ? -1 : (dice_.chance(0.5) ? 8 : 0)},
                            {"Code", -1}};
    } else if (protocol != "-1") {
      auto from = dice_.chance(0.5) ? 32768 : int{dice_.pick(kPorts)};
      auto to = dice_.chance(0.5) ? 61000 : int{dice_.pick(kPorts)};
      if (from > to) std::swap(from, to);
      in["PortRange"] = {{"From", from}, {"To", to}};
    }
    const bool there = !entries_.insert({subnet.acl, number, egress}).second;
    api_.call(there ? "ReplaceNetworkAclEntry" : "CreateNetworkAclEntry", in);
  }

  // Some entries, and behind them often one that lets the rest pass.
  void fill_acl(const Subnet& subnet) {
    for (const bool egress : {false, true}) {
      for (int i = dice_.below(4); i > 0; --i) put_entry(subnet, 1 + dice_.below(90), egress);
      if (!dice_.chance(0.85)) continue;
      api_.call("CreateNetworkAclEntry", {{"NetworkAclId", subnet.acl},
                                          {"RuleNumber", 100},
                                          {"Egress", egress},
                                          {"RuleAction", "allow"},
                                          {"Protocol", "-1"},
                                          {"CidrBlock", "0.0.0.0/0"}});
    }
  }

  void change_acl() {
    const auto& subnet = dice_.pick(dice_.pick(vpcs_).subnets);
    const bool egress = dice_.chance(0.5);
    if (entries_.empty() || dice_.chance(0.4))
      return put_entry(subnet, 1 + dice_.below(90), egress);
    auto victim = entries_.begin();
    std::advance(victim, dice_.below(entries_.size()));
    const auto [acl, number, out] = *victim;
    entries_.erase(victim);
    api_.call("DeleteNetworkAclEntry",
              {{"NetworkAclId", acl}, {"RuleNumber", number}, {"Egress", out}});
  }

  struct Rule {
    std::string group, id;
    bool egress = false;
  };

  ApiWorld& api_;
  Dice& dice_;
  std::vector<Vpc> vpcs_;
  std::vector<ApiWorld::Eni> enis_;
  std::vector<std::string> vpc_of_;            // by host
  std::map<std::size_t, std::string> public_;  // by host
  std::vector<std::string> lists_;
  std::string peering_, appliance_, nat_;
  std::vector<Rule> rules_;
  std::set<std::pair<std::string, std::string>> routes_;
  std::set<std::tuple<std::string, int, bool>> entries_;
};

struct Tally {
  std::map<std::string, int> arrived, refused;  // by protocol
  int answered = 0, through_gateways = 0, through_appliance = 0, through_peering = 0;
  int all() const {
    int sum = 0;
    for (const auto* each : {&arrived, &refused})
      for (const auto& [protocol, count] : *each) sum += count;
    return sum;
  }
};

reachability::Answer predict(ApiWorld& api, const Maze& maze, const Probe& probe) {
  return api.ec2().why({.source = maze.eni_id(probe.from),
                        .destination = probe.to,
                        .vpc_id = "",
                        .protocol = probe.protocol,
                        .port = probe.protocol == reachability::kIcmp
                                    ? std::nullopt
                                    : std::optional<int>(probe.port),
                        .source_ports = {{probe.number, probe.number}}});
}

bool passes_by(const reachability::Answer& answer, Kind kind) {
  return std::any_of(answer.forward.steps.begin(), answer.forward.steps.end(),
                     [kind](const auto& step) { return step.kind == kind; });
}

auto interfaces(const reachability::Way& way) {
  return std::count_if(way.steps.begin(), way.steps.end(),
                       [](const auto& step) { return step.kind == Kind::kInterface; });
}

std::string told(const Maze& maze, const Probe& probe, const reachability::Answer& answer) {
  std::string text = reachability::protocol_name(probe.protocol) + " from " +
                     maze.hosts()[probe.from].address + ":" + std::to_string(probe.number) +
                     " to " + probe.to + ":" + std::to_string(probe.port) + ":";
  for (const auto* way : {&answer.forward, &answer.back}) {
    text += way == &answer.back ? "\n  back " : "\n  there";
    for (const auto& step : way->steps)
      text += " " + step.component_id + (step.code.empty() ? "" : "(" + step.code + ")");
  }
  return text;
}

class Round {
 public:
  Round(ApiWorld& api, Maze& maze, Dice& dice, std::vector<std::uint16_t>& numbers) : maze_(maze) {
    const std::vector<int> protocols = {6, 17, 1};
    for (int i = 0; i < kProbesPerRound; ++i) {
      Probe probe;
      probe.from = static_cast<std::size_t>(dice.below(maze.hosts().size()));
      probe.to = maze.destination(probe.from);
      probe.protocol = dice.pick(protocols);
      probe.port = probe.protocol == 1 ? std::uint16_t{0} : dice.pick(kPorts);
      probe.number = numbers.back();
      numbers.pop_back();
      answers_.push_back(predict(api, maze, probe));
      probes_.push_back(std::move(probe));
    }
  }

  bool all_came(const std::vector<Sighting>& seen) const {
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      if (answers_[i].forward.open() && seen[i].at.empty()) return false;
      if (answers_[i].reachable() && !answer_unknown(i) && !seen[i].answered) return false;
    }
    return true;
  }

  void compare(Prober& prober, Tally& tally) {
    const auto seen =
        prober.send(probes_, [this](const std::vector<Sighting>& now) { return all_came(now); });
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      const auto& answer = answers_[i];
      const bool open = answer.forward.open();
      std::set<std::size_t> expected;
      if (open) expected.insert(maze_.host_of(answer.forward.steps.back().eni_id));
      EXPECT_EQ(seen[i].at, expected) << told(maze_, probes_[i], answer);
      if (!answer_unknown(i)) {
        EXPECT_EQ(seen[i].answered, answer.reachable()) << told(maze_, probes_[i], answer);
      }
      count(tally, probes_[i], answer);
    }
  }

 private:
  // Network ACLs on the way back judge the port that a NAT gateway has picked; and an appliance
  // that is on the way back only has not seen the flow begin.
  bool answer_unknown(std::size_t i) const {
    return passes_by(answers_[i], Kind::kNatGateway) || interfaces(answers_[i].back) > 2;
  }

  static void count(Tally& tally, const Probe& probe, const reachability::Answer& answer) {
    auto& counts = answer.forward.open() ? tally.arrived : tally.refused;
    ++counts[reachability::protocol_name(probe.protocol)];
    if (!answer.forward.open()) return;
    tally.answered += answer.reachable() ? 1 : 0;
    tally.through_gateways += passes_by(answer, Kind::kInternetGateway) ? 1 : 0;
    tally.through_peering += passes_by(answer, Kind::kPeering) ? 1 : 0;
    tally.through_appliance += interfaces(answer.forward) > 2 ? 1 : 0;
  }

  Maze& maze_;
  std::vector<Probe> probes_;
  std::vector<reachability::Answer> answers_;
};

// Each probe's source port is its own, so that each begins a new flow.
std::vector<std::uint16_t> probe_numbers(Dice& dice) {
  std::vector<std::uint16_t> numbers;
  for (int number = 10'000; number < 65'000; ++number)
    numbers.push_back(static_cast<std::uint16_t>(number));
  dice.shuffle(numbers);
  return numbers;
}

void walk_the_maze(unsigned seed, int rounds) {
  ApiWorld api;
  Dice dice(seed);
  Maze maze(api, dice);
  Prober prober(maze.hosts(), kPorts);
  auto numbers = probe_numbers(dice);
  Tally tally;
  for (int i = 0; i < rounds && !::testing::Test::HasFailure(); ++i) {
    if (i > 0) maze.change();
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(i));
    Round(api, maze, dice, numbers).compare(prober, tally);
  }
  std::cout << tally.all() << " probes:";
  for (const char* protocol : {"tcp", "udp", "icmp"})
    std::cout << " " << protocol << " " << tally.arrived[protocol] << " came, "
              << tally.refused[protocol] << " did not;";
  std::cout << " " << tally.answered << " answered, " << tally.through_gateways << " by gateways, "
            << tally.through_peering << " by the peering, " << tally.through_appliance
            << " by the appliance\n";
  if (::testing::Test::HasFailure()) return;
  EXPECT_GE(tally.all(), rounds * kProbesPerRound);
  for (const char* protocol : {"tcp", "udp", "icmp"}) {
    EXPECT_GE(tally.arrived[protocol], tally.all() / 50) << protocol;
    EXPECT_GE(tally.refused[protocol], tally.all() / 50) << protocol;
  }
}

TEST(Reachability, IsWhatPacketsMeet) {
  const int seed =
      from_environment("ENIBOX_SEED", static_cast<int>(std::random_device{}() % 100'000));
  const int rounds = from_environment("ENIBOX_ROUNDS", 5);
  std::cout << "ENIBOX_SEED=" << seed << "\n";
  in_sandbox([&] { walk_the_maze(static_cast<unsigned>(seed), rounds); });
}

}  // namespace
}  // namespace enibox::test
