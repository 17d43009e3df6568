#include "emulator/cli/why_text.hpp"

#include <gmock/gmock.h>

namespace enibox::cli {
namespace {

using testing::HasSubstr;

std::string refusal(const std::vector<std::string>& words) {
  try {
    parse_why(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

Json question(const std::vector<std::string>& words) { return parse_why(words).question; }

TEST(WhyArguments, ReadPlacesPortAndProtocol) {
  EXPECT_EQ(
      question({"eni-1", "10.0.0.5:80"}),
      (Json{{"Source", "eni-1"}, {"Destination", "10.0.0.5"}, {"Protocol", "tcp"}, {"Port", 80}}));
  EXPECT_EQ(question({"--protocol", "icmp", "--vpc=vpc-1", "10.0.0.4", "i-1"}),
            (Json{{"Source", "10.0.0.4"},
                  {"Destination", "i-1"},
                  {"Protocol", "icmp"},
                  {"VpcId", "vpc-1"}}));
  const std::string arn = "arn:aws:ecs:us-east-1:000000000000:task/lab/0123";
  EXPECT_EQ(question({arn, arn + ":53", "--protocol", "udp"}),
            (Json{{"Source", arn}, {"Destination", arn}, {"Protocol", "udp"}, {"Port", 53}}));
  EXPECT_TRUE(parse_why(std::vector<std::string>{"--help"}).arguments.wants_help());
}

TEST(WhyArguments, NameWhatIsWrong) {
  EXPECT_THAT(refusal({}), HasSubstr("from where to where"));
  EXPECT_THAT(refusal({"eni-1"}), HasSubstr("from where to where"));
  EXPECT_THAT(refusal({"a", "b:80", "c"}), HasSubstr("unexpected argument 'c'"));
  EXPECT_THAT(refusal({"eni-1", "eni-2"}), HasSubstr("to which port?"));
  EXPECT_THAT(refusal({"eni-1", "eni-2:0"}), HasSubstr("1 to 65535"));
  EXPECT_THAT(refusal({"eni-1", "eni-2:65536"}), HasSubstr("1 to 65535"));
  EXPECT_THAT(refusal({"eni-1", "eni-2:99999999999999"}), HasSubstr("1 to 65535"));
  EXPECT_THAT(refusal({"eni-1", "eni-2:80", "--protocol", "icmp"}), HasSubstr("icmp has no ports"));
  EXPECT_THAT(refusal({"eni-1", "eni-2:80", "--protocol", "sctp"}), HasSubstr("not 'sctp'"));
  EXPECT_THAT(refusal({"eni-1", "eni-2:80", "--protocoll", "udp"}),
              HasSubstr("did you mean --protocol?"));
}

TEST(WhyText, HasALineForEachComponent) {
  const Json packet = {{"Source", "10.0.1.10"},
                       {"Destination", "10.0.2.10"},
                       {"SourcePorts", "32768-60999"},
                       {"DestinationPorts", "80"}};
  const auto step = [&](const char* kind, const char* id, const char* code, const Json& more) {
    Json json = {{"Kind", kind}, {"ComponentId", id},      {"VpcId", "vpc-1"},
                 {"Code", code}, {"SubnetId", "subnet-1"}, {"Packet", packet}};
    json.update(more);
    return json;
  };
  const Json answer = {
      {"Reachable", false},
      {"Protocol", "tcp"},
      {"Packet", packet},
      {"SourcePorts", "32768-60999"},
      {"Back", Json::array()},
      {"Forward",
       {step("network-interface", "eni-1", "", {{"TaskId", "0123"}, {"InstanceId", "i-1"}}),
        step("security-group", "sg-1", "",
             {{"Direction", "egress"},
              {"Rule",
               {{"SecurityGroupRuleId", "sgr-1"},
                {"Protocol", "-1"},
                {"FromPort", -1},
                {"ToPort", -1},
                {"Peer", "0.0.0.0/0"}}}}),
        step("network-acl", "acl-1", "SUBNET_ACL_RESTRICTION",
             {{"Direction", "egress"},
              {"Entry",
               {{"RuleNumber", 32767},
                {"RuleAction", "deny"},
                {"Protocol", "-1"},
                {"FromPort", -1},
                {"ToPort", -1},
                {"CidrBlock", "0.0.0.0/0"}}}}),
        step("route-table", "rtb-1", "",
             {{"Route",
               {{"Destination", "10.0.0.0/16"}, {"Target", "local"}, {"State", "active"}}}}),
        step("security-group", "sg-2", "ENI_SG_RULES_MISMATCH",
             {{"Direction", "ingress"}, {"SecurityGroups", {"sg-2", "sg-3"}}})}}};
  EXPECT_EQ(why_text(answer),
            "tcp 10.0.1.10 -> 10.0.2.10:80: not reachable\n"
            "  pass  eni-1                     task 0123 in subnet-1\n"
            "  pass  sg-1                      sgr-1 allows all traffic to 0.0.0.0/0\n"
            "  STOP  acl-1                     out of subnet-1: rule * denies all traffic to "
            "0.0.0.0/0  [SUBNET_ACL_RESTRICTION]\n"
            "  pass  rtb-1                     10.0.0.0/16 -> local\n"
            "  STOP  sg-2                      no inbound rule of sg-2, sg-3 allows 10.0.1.10 -> "
            "10.0.2.10:80  [ENI_SG_RULES_MISMATCH]\n");
}

}  // namespace
}  // namespace enibox::cli
