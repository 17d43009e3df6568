#include "api/wire/base64.hpp"
#include "emulator/ec2/images.hpp"
#include "emulator/ec2/ssh_key.hpp"
#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

TEST_F(Ec2Test, AKeyPairIsMadeOnceAndGivenOnce) {
  const auto made = call("CreateKeyPair", {{"KeyName", "k"}, {"KeyType", "ed25519"}});
  EXPECT_FALSE(made.contains("Tags"));
  EXPECT_TRUE(made["KeyMaterial"].get<std::string>().starts_with("-----BEGIN OPENSSH PRIVATE"));
  EXPECT_EQ(error("CreateKeyPair", {{"KeyName", "k"}}),
            "InvalidKeyPair.Duplicate: The keypair already exists");
  const auto shown = call("DescribeKeyPairs", {{"KeyNames", {"k"}}, {"IncludePublicKey", true}});
  EXPECT_FALSE(shown["KeyPairs"][0].contains("KeyMaterial"));
  const std::string public_key = shown["KeyPairs"][0]["PublicKey"];
  EXPECT_EQ(read_ssh_key(public_key)->fingerprint, made["KeyFingerprint"]);
  call("ImportKeyPair", {{"KeyName", "i"}, {"PublicKeyMaterial", api::base64_encode(public_key)}});
  EXPECT_EQ(error("ImportKeyPair",
                  {{"KeyName", "j"}, {"PublicKeyMaterial", api::base64_encode("ssh-rsa AAAA")}}),
            "InvalidKey.Format: Key is not in valid OpenSSH public key format");
  call("DeleteKeyPair", {{"KeyName", "k"}});
  EXPECT_EQ(error("DescribeKeyPairs", {{"KeyNames", {"k"}}}),
            "InvalidKeyPair.NotFound: The key pair 'k' does not exist");
}

TEST(SshKey, AnRsaKeyReadsBackAsMade) {
  const auto made = make_ssh_key("rsa");
  EXPECT_TRUE(made.private_pem.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_EQ(made.fingerprint.size(), 59u);  // SHA-1
  const auto read = read_ssh_key(made.public_key + " comment");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->public_key, made.public_key);
  EXPECT_EQ(read->fingerprint.size(), 47u);  // MD5
  const auto body = made.public_key.substr(8);
  const auto other_form = read_ssh_key("---- BEGIN SSH2 PUBLIC KEY ----\nComment: one that \\\n" +
                                       std::string("goes on\n") + body.substr(0, 70) + "\n" +
                                       body.substr(70) + "\n---- END SSH2 PUBLIC KEY ----\n");
  ASSERT_TRUE(other_form);
  EXPECT_EQ(other_form->public_key, made.public_key);
  EXPECT_FALSE(read_ssh_key("ssh-rsa"));
  EXPECT_FALSE(read_ssh_key("ssh-ed25519 " + made.public_key.substr(8)));
}

TEST_F(Ec2Test, AnInstanceIsLaunchedFromATemplate) {
  const auto subnet_id = make_subnet(make_vpc(), "10.0.0.0/24");
  const Json data = {{"ImageId", images_of("us-east-1")[0].image_id}, {"InstanceType", "t3.small"}};
  const std::string id = call("CreateLaunchTemplate",
                              {{"LaunchTemplateName", "web"},
                               {"LaunchTemplateData", data}})["LaunchTemplate"]["LaunchTemplateId"];
  call("CreateLaunchTemplateVersion", {{"LaunchTemplateId", id},
                                       {"SourceVersion", "1"},
                                       {"LaunchTemplateData", {{"InstanceType", "t3.large"}}}});
  const auto launch = [&](const std::string& version) {
    return call(
        "RunInstances",
        {{"MinCount", 1},
         {"MaxCount", 1},
         {"SubnetId", subnet_id},
         {"LaunchTemplate",
          {{"LaunchTemplateName", "web"}, {"Version", version}}}})["Instances"][0]["InstanceType"];
  };
  EXPECT_EQ(launch("$Default"), "t3.small");
  EXPECT_EQ(launch("$Latest"), "t3.large");
  EXPECT_EQ(error("RunInstances", {{"MinCount", 1},
                                   {"MaxCount", 1},
                                   {"LaunchTemplate", {{"LaunchTemplateName", "none"}}}}),
            "InvalidLaunchTemplateName.NotFoundException: The specified launch template, with "
            "template name none, does not exist.");
  const auto deleted = call("DeleteLaunchTemplateVersions",
                            {{"LaunchTemplateId", id}, {"Versions", {"1", "2", "7"}}});
  EXPECT_EQ(deleted["SuccessfullyDeletedLaunchTemplateVersions"].size(), 1u);
  EXPECT_EQ(deleted["UnsuccessfullyDeletedLaunchTemplateVersions"].size(), 2u);
  call("DeleteLaunchTemplate", {{"LaunchTemplateId", id}});
}

TEST_F(Ec2Test, DhcpOptionsStayWhileAVpcHasThem) {
  const auto vpc_id = make_vpc();
  const auto vpc = call("DescribeVpcs", {{"VpcIds", {vpc_id}}})["Vpcs"][0];
  EXPECT_EQ(
      call("DescribeDhcpOptions",
           {{"DhcpOptionsIds", {vpc["DhcpOptionsId"]}}})["DhcpOptions"][0]["DhcpConfigurations"][0]
                                                        ["Values"][0]["Value"],
      "ec2.internal");
  const std::string id =
      call("CreateDhcpOptions",
           {{"DhcpConfigurations",
             {{{"Key", "domain-name"},
               {"Values", std::vector<std::string>{"x.test"}}}}}})["DhcpOptions"]["DhcpOptionsId"];
  call("AssociateDhcpOptions", {{"DhcpOptionsId", id}, {"VpcId", vpc_id}});
  EXPECT_TRUE(
      error("DeleteDhcpOptions", {{"DhcpOptionsId", id}}).starts_with("DependencyViolation"));
  call("AssociateDhcpOptions", {{"DhcpOptionsId", "default"}, {"VpcId", vpc_id}});
  call("DeleteDhcpOptions", {{"DhcpOptionsId", id}});
}

}  // namespace
}  // namespace enibox::ec2
