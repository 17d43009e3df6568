#!/usr/bin/env python3
"""A tool that keeps infrastructure as code, told by botocore: each kind of EC2 resource is made, read back by every
call such a tool reads with, changed, read again and deleted; nothing is left over."""
import base64
import os
import sys
import unittest

try:
    import botocore.exceptions
    import botocore.session
except ImportError:
    print("skipped: python3-botocore is not installed")
    sys.exit(77)

EC2 = botocore.session.get_session().create_client(
    "ec2", region_name="us-east-1", endpoint_url=os.environ["ENDPOINT"],
    aws_access_key_id="test", aws_secret_access_key="test")


def only(answer):
    """The one element of the one list of an answer."""
    lists = [value for key, value in answer.items() if isinstance(value, list)]
    assert len(lists) == 1 and len(lists[0]) == 1, answer
    return lists[0][0]


def tags(kind, **values):
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in values.items()]}]


def filters(**values):
    return [{"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]} for name, value in values.items()]


class Cycles(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.addCleanup(self.nothing_is_left)
        self.before = self.counts()

    def counts(self):
        return {
            "vpcs": len(EC2.describe_vpcs()["Vpcs"]),
            "subnets": len(EC2.describe_subnets()["Subnets"]),
            "groups": len(EC2.describe_security_groups()["SecurityGroups"]),
            "interfaces": len(EC2.describe_network_interfaces()["NetworkInterfaces"]),
            "tables": len(EC2.describe_route_tables()["RouteTables"]),
            "gateways": len(EC2.describe_internet_gateways()["InternetGateways"]),
            "acls": len(EC2.describe_network_acls()["NetworkAcls"]),
            "addresses": len(EC2.describe_addresses()["Addresses"]),
            "volumes": len(EC2.describe_volumes()["Volumes"]),
            "tags": len(EC2.describe_tags(Filters=filters(key="cycle"))["Tags"]),
        }

    def nothing_is_left(self):
        self.assertEqual(self.counts(), self.before)

    def refused(self, code, call, **parameters):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def vpc(self, cidr="10.77.0.0/16"):
        vpc_id = EC2.create_vpc(CidrBlock=cidr, TagSpecifications=tags("vpc", cycle="vpc"))["Vpc"]["VpcId"]
        self.addCleanup(EC2.delete_vpc, VpcId=vpc_id)
        return vpc_id

    def subnet(self, vpc_id, cidr="10.77.1.0/24", zone="us-east-1a"):
        made = EC2.create_subnet(VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone=zone)
        self.addCleanup(EC2.delete_subnet, SubnetId=made["Subnet"]["SubnetId"])
        return made["Subnet"]["SubnetId"]

    def gateway(self, vpc_id):
        gateway_id = EC2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.addCleanup(EC2.delete_internet_gateway, InternetGatewayId=gateway_id)
        EC2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id)
        self.addCleanup(EC2.detach_internet_gateway, InternetGatewayId=gateway_id, VpcId=vpc_id)
        return gateway_id

    def test_vpc(self):
        vpc_id = self.vpc()
        EC2.get_waiter("vpc_available").wait(VpcIds=[vpc_id])

        def attributes():
            answers = {}
            for name in ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"):
                answer = EC2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)
                answers[name] = answer[name[0].upper() + name[1:]]["Value"]
            return list(answers.values())

        self.assertEqual(attributes(), [True, False, False])
        for name in ("EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"):
            EC2.modify_vpc_attribute(VpcId=vpc_id, **{name: {"Value": True}})
        self.assertEqual(attributes(), [True, True, True])
        of_vpc = filters(vpc_id=vpc_id)
        self.assertEqual(only(EC2.describe_network_acls(Filters=of_vpc + filters(default="true")))["VpcId"], vpc_id)
        main = only(EC2.describe_route_tables(Filters=of_vpc + filters(association__main="true")))
        self.assertEqual(main["Routes"][0]["GatewayId"], "local")
        group = only(EC2.describe_security_groups(Filters=of_vpc + filters(group_name="default")))
        self.assertEqual(group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"], group["GroupId"])
        association = EC2.associate_vpc_cidr_block(VpcId=vpc_id, CidrBlock="10.78.0.0/16")["CidrBlockAssociation"]
        self.assertEqual(len(only(EC2.describe_vpcs(VpcIds=[vpc_id]))["CidrBlockAssociationSet"]), 2)
        EC2.disassociate_vpc_cidr_block(AssociationId=association["AssociationId"])
        self.assertEqual(EC2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]["Tags"], [{"Key": "cycle", "Value": "vpc"}])
        self.refused("InvalidVpcID.NotFound", EC2.delete_vpc, VpcId="vpc-00000000000000000")

    def test_subnet(self):
        vpc_id = self.vpc()
        subnet_id = self.subnet(vpc_id)
        EC2.get_waiter("subnet_available").wait(SubnetIds=[subnet_id])
        EC2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": True})
        EC2.modify_subnet_attribute(SubnetId=subnet_id, PrivateDnsHostnameTypeOnLaunch="resource-name")
        read = only(EC2.describe_subnets(SubnetIds=[subnet_id]))
        self.assertTrue(read["MapPublicIpOnLaunch"])
        self.assertEqual(read["PrivateDnsNameOptionsOnLaunch"]["HostnameType"], "resource-name")
        self.assertEqual(read["AvailableIpAddressCount"], 251)
        reservation = EC2.create_subnet_cidr_reservation(
            SubnetId=subnet_id, Cidr="10.77.1.128/28", ReservationType="prefix")["SubnetCidrReservation"]
        got = EC2.get_subnet_cidr_reservations(SubnetId=subnet_id)
        self.assertEqual(got["SubnetIpv4CidrReservations"][0]["Cidr"], "10.77.1.128/28")
        EC2.delete_subnet_cidr_reservation(SubnetCidrReservationId=reservation["SubnetCidrReservationId"])
        self.refused("InvalidSubnet.Conflict", EC2.create_subnet, VpcId=vpc_id, CidrBlock="10.77.1.0/25")
        self.refused("DependencyViolation", EC2.delete_vpc, VpcId=vpc_id)

    def test_ipv6(self):
        vpc_id = self.vpc()
        subnet_id = self.subnet(vpc_id)
        made = EC2.associate_vpc_cidr_block(VpcId=vpc_id, AmazonProvidedIpv6CidrBlock=True)
        block = made["Ipv6CidrBlockAssociation"]["Ipv6CidrBlock"]
        associated = EC2.associate_subnet_cidr_block(SubnetId=subnet_id, Ipv6CidrBlock=block.replace("/56", "/64"))
        read = only(EC2.describe_subnets(SubnetIds=[subnet_id]))["Ipv6CidrBlockAssociationSet"][0]
        self.assertEqual(read["Ipv6CidrBlockState"]["State"], "associated")
        EC2.disassociate_subnet_cidr_block(AssociationId=associated["Ipv6CidrBlockAssociation"]["AssociationId"])
        EC2.disassociate_vpc_cidr_block(AssociationId=made["Ipv6CidrBlockAssociation"]["AssociationId"])

    def test_security_group(self):
        vpc_id = self.vpc()
        group_id = EC2.create_security_group(GroupName="web", Description="cycle", VpcId=vpc_id,
                                             TagSpecifications=tags("security-group", cycle="sg"))["GroupId"]
        EC2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        rule = EC2.authorize_security_group_ingress(
            GroupId=group_id, TagSpecifications=tags("security-group-rule", cycle="rule"),
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
                            "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "inside"}]}])["SecurityGroupRules"][0]
        rule_id = rule["SecurityGroupRuleId"]
        self.assertEqual(only(EC2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id]))["Description"], "inside")
        EC2.modify_security_group_rules(GroupId=group_id, SecurityGroupRules=[
            {"SecurityGroupRuleId": rule_id,
             "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"}}])
        listed = EC2.describe_security_group_rules(Filters=filters(group_id=group_id))["SecurityGroupRules"]
        self.assertEqual([r["FromPort"] for r in listed], [443])
        self.assertEqual(listed[0]["Tags"], [{"Key": "cycle", "Value": "rule"}])
        self.assertEqual([g["GroupName"] for g in EC2.get_security_groups_for_vpc(VpcId=vpc_id)["SecurityGroupForVpcs"]
                          if g["GroupId"] == group_id], ["web"])
        EC2.revoke_security_group_ingress(GroupId=group_id, SecurityGroupRuleIds=[rule_id])
        EC2.delete_security_group(GroupId=group_id)
        self.refused("InvalidGroup.NotFound", EC2.describe_security_groups, GroupIds=[group_id])

    def test_network_interface(self):
        vpc_id = self.vpc()
        subnet_id = self.subnet(vpc_id)
        eni = EC2.create_network_interface(SubnetId=subnet_id, PrivateIpAddress="10.77.1.50", Description="cycle",
                                           TagSpecifications=tags("network-interface", cycle="eni"))["NetworkInterface"]
        eni_id = eni["NetworkInterfaceId"]
        EC2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[eni_id])
        EC2.assign_private_ip_addresses(NetworkInterfaceId=eni_id, SecondaryPrivateIpAddressCount=2)
        EC2.modify_network_interface_attribute(NetworkInterfaceId=eni_id, SourceDestCheck={"Value": False})
        EC2.modify_network_interface_attribute(NetworkInterfaceId=eni_id, Description={"Value": "changed"})
        read = only(EC2.describe_network_interfaces(NetworkInterfaceIds=[eni_id]))
        self.assertEqual((read["Description"], read["SourceDestCheck"], len(read["PrivateIpAddresses"])),
                         ("changed", False, 3))
        self.refused("InvalidIPAddress.InUse", EC2.create_network_interface, SubnetId=subnet_id,
                     PrivateIpAddress="10.77.1.50")
        self.refused("InvalidParameterValue", EC2.create_network_interface, SubnetId=subnet_id,
                     PrivateIpAddress="10.77.1.3")
        extra = [a["PrivateIpAddress"] for a in read["PrivateIpAddresses"] if not a["Primary"]]
        EC2.unassign_private_ip_addresses(NetworkInterfaceId=eni_id, PrivateIpAddresses=extra)
        EC2.delete_network_interface(NetworkInterfaceId=eni_id)
        self.refused("InvalidNetworkInterfaceID.NotFound", EC2.describe_network_interfaces, NetworkInterfaceIds=[eni_id])

    def test_routes(self):
        vpc_id = self.vpc()
        subnet_id = self.subnet(vpc_id)
        gateway_id = self.gateway(vpc_id)
        table_id = EC2.create_route_table(VpcId=vpc_id, TagSpecifications=tags("route-table", cycle="rtb"))[
            "RouteTable"]["RouteTableId"]
        EC2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id)
        association = EC2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)["AssociationId"]
        found = only(EC2.describe_route_tables(
            Filters=filters(association__route_table_association_id=association)))
        self.assertEqual([(r["DestinationCidrBlock"], r["State"]) for r in found["Routes"]],
                         [("10.77.0.0/16", "active"), ("0.0.0.0/0", "active")])
        self.refused("DependencyViolation", EC2.delete_route_table, RouteTableId=table_id)
        self.refused("RouteAlreadyExists", EC2.create_route, RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0",
                     NetworkInterfaceId=self.interface(subnet_id))
        EC2.disassociate_route_table(AssociationId=association)
        EC2.delete_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0")
        self.refused("InvalidRoute.NotFound", EC2.delete_route, RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0")
        EC2.delete_route_table(RouteTableId=table_id)
        self.refused("InvalidRouteTableID.NotFound", EC2.describe_route_tables, RouteTableIds=[table_id])

    def interface(self, subnet_id):
        eni_id = EC2.create_network_interface(SubnetId=subnet_id)["NetworkInterface"]["NetworkInterfaceId"]
        self.addCleanup(EC2.delete_network_interface, NetworkInterfaceId=eni_id)
        return eni_id

    def test_nat_gateway_and_address(self):
        vpc_id = self.vpc()
        subnet_id = self.subnet(vpc_id)
        self.gateway(vpc_id)
        address = EC2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", cycle="eip"))["AllocationId"]
        self.addCleanup(EC2.release_address, AllocationId=address)
        EC2.modify_address_attribute(AllocationId=address, DomainName="nat.example.com")
        read = only(EC2.describe_addresses_attribute(AllocationIds=[address], Attribute="domain-name"))
        self.assertEqual(read["PtrRecord"], "nat.example.com.")
        nat_id = EC2.create_nat_gateway(SubnetId=subnet_id, AllocationId=address, ClientToken="cycle",
                                        TagSpecifications=tags("natgateway", cycle="nat"))["NatGateway"]["NatGatewayId"]
        EC2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat_id])
        nat = only(EC2.describe_nat_gateways(NatGatewayIds=[nat_id]))
        used = only(EC2.describe_addresses(AllocationIds=[address]))
        self.assertEqual(nat["NatGatewayAddresses"][0]["AssociationId"], used["AssociationId"])
        self.refused("DependencyViolation", EC2.delete_subnet, SubnetId=subnet_id)
        EC2.delete_nat_gateway(NatGatewayId=nat_id)
        EC2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[nat_id])
        EC2.delete_tags(Resources=[nat_id])
        self.assertNotIn("AssociationId", only(EC2.describe_addresses(AllocationIds=[address])))

    def test_network_acl(self):
        vpc_id = self.vpc()
        subnet_id = self.subnet(vpc_id)
        acl_id = EC2.create_network_acl(VpcId=vpc_id)["NetworkAcl"]["NetworkAclId"]
        EC2.create_network_acl_entry(NetworkAclId=acl_id, RuleNumber=100, Protocol="6", RuleAction="allow", Egress=False,
                                     CidrBlock="10.0.0.0/8", PortRange={"From": 80, "To": 90})
        EC2.replace_network_acl_entry(NetworkAclId=acl_id, RuleNumber=100, Protocol="-1", RuleAction="deny", Egress=False,
                                      CidrBlock="10.0.0.0/8")
        default = only(EC2.describe_network_acls(Filters=filters(association__subnet_id=subnet_id)))
        association = [a for a in default["Associations"] if a["SubnetId"] == subnet_id][0]["NetworkAclAssociationId"]
        new = EC2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl_id)["NewAssociationId"]
        read = only(EC2.describe_network_acls(NetworkAclIds=[acl_id]))
        self.assertEqual(read["Associations"][0]["NetworkAclAssociationId"], new)
        self.assertIn({"RuleNumber": 100, "Protocol": "-1", "RuleAction": "deny", "Egress": False,
                       "CidrBlock": "10.0.0.0/8"}, read["Entries"])
        self.refused("DependencyViolation", EC2.delete_network_acl, NetworkAclId=acl_id)
        EC2.replace_network_acl_association(AssociationId=new, NetworkAclId=default["NetworkAclId"])
        EC2.delete_network_acl_entry(NetworkAclId=acl_id, RuleNumber=100, Egress=False)
        EC2.delete_network_acl(NetworkAclId=acl_id)

    def test_dhcp_options(self):
        vpc_id = self.vpc()
        options_id = EC2.create_dhcp_options(DhcpConfigurations=[
            {"Key": "domain-name", "Values": ["example.com"]},
            {"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}])["DhcpOptions"]["DhcpOptionsId"]
        EC2.associate_dhcp_options(DhcpOptionsId=options_id, VpcId=vpc_id)
        self.assertEqual(only(EC2.describe_vpcs(Filters=filters(dhcp_options_id=options_id)))["VpcId"], vpc_id)
        self.refused("DependencyViolation", EC2.delete_dhcp_options, DhcpOptionsId=options_id)
        EC2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc_id)
        EC2.delete_dhcp_options(DhcpOptionsId=options_id)
        self.refused("InvalidDhcpOptionID.NotFound", EC2.describe_dhcp_options, DhcpOptionsIds=[options_id])

    def test_key_pair(self):
        made = EC2.create_key_pair(KeyName="cycle", KeyType="ed25519")
        self.assertIn("PRIVATE KEY", made["KeyMaterial"])
        read = only(EC2.describe_key_pairs(KeyNames=["cycle"], IncludePublicKey=True))
        self.assertTrue(read["PublicKey"].startswith("ssh-ed25519 "))
        self.refused("InvalidKeyPair.Duplicate", EC2.create_key_pair, KeyName="cycle")
        EC2.delete_key_pair(KeyPairId=made["KeyPairId"])
        self.refused("InvalidKeyPair.NotFound", EC2.describe_key_pairs, KeyNames=["cycle"])

    def test_instance_of_a_launch_template(self):
        vpc_id = self.vpc()
        subnet_id = self.subnet(vpc_id)
        image = EC2.describe_images(Owners=["amazon"], Filters=filters(
            name="amzn2-ami-hvm-*", architecture="x86_64", state="available"))["Images"][0]
        template_id = EC2.create_launch_template(LaunchTemplateName="cycle", LaunchTemplateData={
            "ImageId": image["ImageId"], "InstanceType": "t3.micro",
            "TagSpecifications": tags("instance", cycle="instance") + tags("volume", cycle="volume"),
        })["LaunchTemplate"]["LaunchTemplateId"]
        self.addCleanup(EC2.delete_launch_template, LaunchTemplateId=template_id)
        version = EC2.create_launch_template_version(
            LaunchTemplateId=template_id, SourceVersion="1",
            LaunchTemplateData={"InstanceType": "t3.small"})["LaunchTemplateVersion"]["VersionNumber"]
        EC2.modify_launch_template(LaunchTemplateId=template_id, DefaultVersion=str(version))
        listed = EC2.describe_launch_template_versions(LaunchTemplateId=template_id, Versions=["$Default"])
        self.assertEqual(only(listed)["LaunchTemplateData"]["InstanceType"], "t3.small")

        user_data = base64.b64encode(b"#!/bin/sh\n").decode()
        made = EC2.run_instances(MinCount=1, MaxCount=1, SubnetId=subnet_id, UserData="#!/bin/sh\n", ClientToken="cycle",
                                 DisableApiTermination=True, LaunchTemplate={"LaunchTemplateId": template_id})
        instance_id = made["Instances"][0]["InstanceId"]
        self.addCleanup(self.terminated, instance_id)
        EC2.get_waiter("instance_running").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 1})
        read = EC2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
        self.assertEqual(read["InstanceType"], "t3.small")
        self.assertIn({"Key": "aws:ec2launchtemplate:version", "Value": "2"}, read["Tags"])

        def attribute(name, member):
            return EC2.describe_instance_attribute(InstanceId=instance_id, Attribute=name)[member].get("Value")

        self.assertEqual(attribute("userData", "UserData"), user_data)
        self.assertTrue(attribute("disableApiTermination", "DisableApiTermination"))
        self.assertFalse(attribute("disableApiStop", "DisableApiStop"))
        self.assertEqual(attribute("instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior"), "stop")
        volume = only(EC2.describe_volumes(Filters=filters(attachment__instance_id=instance_id)))
        self.assertEqual(volume["Tags"], [{"Key": "cycle", "Value": "volume"}])
        self.assertEqual(only(EC2.describe_instance_credit_specifications(InstanceIds=[instance_id]))["CpuCredits"],
                         "unlimited")
        self.assertEqual(EC2.describe_iam_instance_profile_associations(
            Filters=filters(instance_id=instance_id))["IamInstanceProfileAssociations"], [])
        self.assertEqual({t["Key"] for t in EC2.describe_tags(Filters=filters(resource_id=instance_id))["Tags"]},
                         {"cycle", "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version"})
        self.assertEqual(len(EC2.describe_instance_types(InstanceTypes=["t3.small"])["InstanceTypes"]), 1)
        self.assertEqual(EC2.get_launch_template_data(InstanceId=instance_id)["LaunchTemplateData"]["UserData"], user_data)
        EC2.get_waiter("instance_status_ok").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 1})

        self.refused("OperationNotPermitted", EC2.terminate_instances, InstanceIds=[instance_id])
        EC2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": False})
        EC2.stop_instances(InstanceIds=[instance_id])
        EC2.get_waiter("instance_stopped").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 1})
        EC2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": "t3.medium"})
        read = EC2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
        self.assertEqual((read["State"]["Name"], read["InstanceType"]), ("stopped", "t3.medium"))
        self.assertEqual(read["StateReason"]["Code"], "Client.UserInitiatedShutdown")

    def terminated(self, instance_id):
        EC2.terminate_instances(InstanceIds=[instance_id])
        EC2.get_waiter("instance_terminated").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 1})
        EC2.delete_tags(Resources=[instance_id])

    def test_default_vpc_is_whole(self):
        vpc = only(EC2.describe_vpcs(Filters=filters(is_default="true")))
        of_vpc = filters(vpc_id=vpc["VpcId"])
        zones = EC2.describe_availability_zones()["AvailabilityZones"]
        subnets = EC2.describe_subnets(Filters=of_vpc + filters(default_for_az="true"))["Subnets"]
        self.assertEqual({s["AvailabilityZone"] for s in subnets}, {z["ZoneName"] for z in zones})
        table = only(EC2.describe_route_tables(Filters=of_vpc + filters(association__main="true")))
        gateway = only(EC2.describe_internet_gateways(Filters=filters(attachment__vpc_id=vpc["VpcId"])))
        self.assertIn(gateway["InternetGatewayId"], [r.get("GatewayId") for r in table["Routes"]])
        self.assertEqual(only(EC2.describe_dhcp_options(DhcpOptionsIds=[vpc["DhcpOptionsId"]]))["DhcpConfigurations"][0][
            "Values"], [{"Value": "ec2.internal"}])
        self.assertEqual(EC2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
