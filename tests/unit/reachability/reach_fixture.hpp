#pragma once
#include <string>
#include <vector>

#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {

// Two VPCs' worth of helpers to lay out a network and ask whether something is reached.
class ReachFixture : public Ec2Test {
 protected:
  std::string vpc_id = make_vpc();
  std::string near_subnet = make_subnet(vpc_id, "10.0.1.0/24");
  std::string far_subnet = make_subnet(vpc_id, "10.0.2.0/24");

  std::string make_group(const std::string& name, const std::string& vpc = "") {
    return call("CreateSecurityGroup", {{"GroupName", name},
                                        {"Description", name},
                                        {"VpcId", vpc.empty() ? vpc_id : vpc}})["GroupId"];
  }
  static Json block(const std::string& protocol, int from, int to, const std::string& cidr) {
    return {{"IpProtocol", protocol},
            {"FromPort", from},
            {"ToPort", to},
            {"IpRanges", {{{"CidrIp", cidr}}}}};
  }
  std::string allow_in(const std::string& group, const Json& permission) {
    return call("AuthorizeSecurityGroupIngress",
                {{"GroupId", group},
                 {"IpPermissions", {permission}}})["SecurityGroupRules"][0]["SecurityGroupRuleId"];
  }
  void close_out(const std::string& group) {
    call("RevokeSecurityGroupEgress",
         {{"GroupId", group}, {"IpPermissions", {block("-1", -1, -1, "0.0.0.0/0")}}});
  }
  // An interface in service, as a task's.
  std::string make_eni(const std::string& subnet_id, const std::string& address,
                       const std::vector<std::string>& groups) {
    return ec2
        ->create_network_interface({.region = "us-east-1",
                                    .subnet_id = subnet_id,
                                    .address = address,
                                    .group_ids = groups,
                                    .description = "",
                                    .requester_id = "",
                                    .in_service = true})
        .eni_id;
  }
  std::string main_table() {
    return call(
        "DescribeRouteTables",
        {{"Filters",
          {{{"Name", "vpc-id"},
            {"Values", std::vector<std::string>{vpc_id}}}}}})["RouteTables"][0]["RouteTableId"];
  }
  // A table of a subnet's own.
  std::string make_table(const std::string& subnet_id) {
    const std::string id =
        call("CreateRouteTable", {{"VpcId", vpc_id}})["RouteTable"]["RouteTableId"];
    call("AssociateRouteTable", {{"RouteTableId", id}, {"SubnetId", subnet_id}});
    return id;
  }
  void add_route(const std::string& table, const std::string& to, const std::string& kind,
                 const std::string& target) {
    call("CreateRoute", {{"RouteTableId", table}, {"DestinationCidrBlock", to}, {kind, target}});
  }
  std::string make_gateway() {
    const std::string id = call("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"];
    call("AttachInternetGateway", {{"InternetGatewayId", id}, {"VpcId", vpc_id}});
    return id;
  }
  // A network ACL of a subnet's own, which refuses all so far.
  std::string make_acl(const std::string& subnet_id) {
    const std::string id =
        call("CreateNetworkAcl", {{"VpcId", vpc_id}})["NetworkAcl"]["NetworkAclId"];
    const auto acls = call("DescribeNetworkAcls",
                           {{"Filters",
                             {{{"Name", "association.subnet-id"},
                               {"Values", std::vector<std::string>{subnet_id}}}}}})["NetworkAcls"];
    for (const auto& association : acls[0]["Associations"]) {
      if (association["SubnetId"] != subnet_id) continue;
      call("ReplaceNetworkAclAssociation",
           {{"AssociationId", association["NetworkAclAssociationId"]}, {"NetworkAclId", id}});
    }
    return id;
  }
  struct Entry {
    int number = 0;
    bool egress = false;
    std::string action = "allow", protocol = "-1", cidr = "0.0.0.0/0";
    int from = 0, to = 65535;
  };
  void add_entry(const std::string& acl, const Entry& entry) {
    Json in = {{"NetworkAclId", acl},        {"RuleNumber", entry.number},
               {"Egress", entry.egress},     {"RuleAction", entry.action},
               {"Protocol", entry.protocol}, {"CidrBlock", entry.cidr}};
    if (entry.protocol != "-1") in["PortRange"] = {{"From", entry.from}, {"To", entry.to}};
    call("CreateNetworkAclEntry", in);
  }
  // An elastic address of an interface's.
  std::string make_public(const std::string& eni) {
    const auto made = call("AllocateAddress", {{"Domain", "vpc"}});
    call("AssociateAddress", {{"AllocationId", made["AllocationId"]}, {"NetworkInterfaceId", eni}});
    return made["PublicIp"];
  }
};

}  // namespace enibox::ec2
