#include "api/stream/plugin_arguments.hpp"

#include <gtest/gtest.h>

#include "api/stream/service_client.hpp"

using namespace enibox::stream;

namespace {

const std::string kResponse =
    R"({"sessionId":"s-1","streamUrl":"ws://127.0.0.1:4566/v1/x","tokenValue":"t"})";

ParsedArguments parse_line(const std::vector<std::string>& arguments) {
  return parse_plugin_arguments(arguments, [](const std::string&) { return std::nullopt; });
}

}  // namespace

TEST(PluginArguments, SaysThatItIsInstalledAndWhichVersionItIs) {
  EXPECT_EQ(parse_line({}).text,
            "\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a "
            "session.\n\n");
  EXPECT_EQ(parse_line({"--version"}).text, std::string(kPluginVersion) + "\n");
  EXPECT_NE(parse_line({"help"}).text.find("Unknown operation help"), std::string::npos);
  EXPECT_EQ(parse_line({kResponse, "us-east-1", "StopSession"}).text, "Invalid Operation");
}

TEST(PluginArguments, ReadsTheFormOfEcsExecuteCommand) {
  const auto parsed = parse_line({kResponse, "us-east-1", "StartSession", "dev",
                                  R"({"Target":"ecs:c_t_r"})", "http://127.0.0.1:4566"});
  ASSERT_TRUE(parsed.session);
  EXPECT_EQ(parsed.session->session_id, "s-1");
  EXPECT_EQ(parsed.session->token, "t");
  EXPECT_EQ(parsed.session->target, "ecs:c_t_r");
  EXPECT_EQ(parsed.session->profile, "dev");
  EXPECT_EQ(parsed.session->endpoint, "http://127.0.0.1:4566");
}

TEST(PluginArguments, TakesTheResponseOutOfTheEnvironment) {
  std::string asked;
  const auto parsed = parse_plugin_arguments(
      {"AWS_SSM_START_SESSION_RESPONSE_7", "us-east-1", "StartSession"},
      [&](const std::string& name) -> std::optional<std::string> {
        asked = name;
        return R"({"SessionId":"s-2","StreamUrl":"ws://h/","TokenValue":"t"})";
      });
  EXPECT_EQ(asked, "AWS_SSM_START_SESSION_RESPONSE_7");
  ASSERT_TRUE(parsed.session);
  EXPECT_EQ(parsed.session->session_id, "s-2");
}

TEST(PluginArguments, BadOnesEndWithAMessage) {
  const std::vector<std::vector<std::string>> wrong{
      {"{", "us-east-1", "StartSession"},
      {"[]", "us-east-1", "StartSession"},
      {R"({"SessionId":1})", "us-east-1", "StartSession"},
      {"AWS_SSM_START_SESSION_RESPONSE", "us-east-1", "StartSession"},
      {kResponse, "us-east-1", "StartSession", "", "{}"},
      {kResponse, "us-east-1", "StartSession", "", "no json"},
  };
  for (const auto& line : wrong) {
    const auto parsed = parse_line(line);
    EXPECT_FALSE(parsed.session);
    EXPECT_EQ(parsed.text.find("Cannot perform start session: "), 0u) << line[0];
    EXPECT_NE(parsed.exit_code, 0);
  }
}

TEST(PluginUrl, TakesUrlsApart) {
  const auto url = parse_url("ws://127.0.0.1:4566/v1/data-channel/s-1?role=publish_subscribe");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "127.0.0.1");
  EXPECT_EQ(url->port, "4566");
  EXPECT_EQ(url->target, "/v1/data-channel/s-1?role=publish_subscribe");
  EXPECT_EQ(parse_url("ws://[::1]:80/x")->host, "::1");
  EXPECT_EQ(parse_url("http://localhost")->port, "80");
  EXPECT_EQ(parse_url("https://localhost?a")->target, "/?a");
  for (const char* wrong :
       {"", "localhost", "ws://", "ws://h:port/", "ws://h/a b", "ws://h/\r\n"}) {
    EXPECT_FALSE(parse_url(wrong)) << wrong;
  }
}

// Computed once with botocore's own signer.
TEST(PluginSignature, IsSignatureVersion4) {
  const Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  const SigningInput input{.host = "127.0.0.1:4566",
                           .region = "us-east-1",
                           .service = "ssm",
                           .amz_date = "20261123T071500Z",
                           .amz_target = "AmazonSSM.ResumeSession",
                           .content_type = "application/x-amz-json-1.1",
                           .body = R"({"SessionId":"s-1"})"};
  EXPECT_EQ(authorization(credentials, input),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/ssm/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
            "Signature=7c909525bb1a83561dfd38b920bfbf7ac95abd344594ccb26ded470836cc9fc8");
}
