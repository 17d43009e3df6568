#include <gtest/gtest.h>

#include "api/error.hpp"
#include "api/wire/base64.hpp"
#include "api/wire/form.hpp"
#include "api/wire/json_codec.hpp"
#include "api/wire/model.hpp"
#include "api/wire/query_codec.hpp"
#include "api/wire/scalars.hpp"
#include "api/wire/xml_codec.hpp"

namespace enibox::api {
namespace {

class CodecTest : public testing::Test {
 protected:
  ModelLibrary models;

  const Operation& operation(const std::string& service, const std::string& name) {
    return *models.by_name(service)->operation(name);
  }
  Json read_json(const std::string& name, const std::string& body) {
    return decode_json(operation("ecs", name).input, body);
  }
  std::string refusal(const std::string& name, const std::string& body) {
    try {
      read_json(name, body);
    } catch (const AwsError& error) {
      EXPECT_EQ(error.code(), "SerializationException");
      return error.message();
    }
    return "read";
  }
  Json read_ec2(const std::string& name, const std::string& body) {
    return decode_form(Protocol::ec2, operation("ec2", name).input, Form("", body));
  }
  std::string ec2_refusal(const std::string& name, const std::string& body) {
    try {
      read_ec2(name, body);
    } catch (const AwsError& error) {
      return error.code() + ": " + error.message();
    }
    return "read";
  }
};

TEST_F(CodecTest, JsonOfTheWrongTypeIsRefusedInTheServicesWords) {
  EXPECT_EQ(refusal("RunTask", R"({"count":"2"})"), "STRING_VALUE cannot be converted to Integer");
  EXPECT_EQ(refusal("RunTask", R"({"count":2.5})"), "NUMBER_VALUE cannot be converted to Integer");
  EXPECT_EQ(refusal("RunTask", R"({"count":99999999999})"),
            "NUMBER_VALUE cannot be converted to Integer");
  EXPECT_EQ(refusal("RunTask", R"({"cluster":1})"), "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(refusal("RunTask", R"({"cluster":true})"), "TRUE_VALUE cannot be converted to String");
  EXPECT_EQ(refusal("RunTask", R"({"cluster":{}})"),
            "Start of structure or map found where not expected.");
  EXPECT_EQ(refusal("RunTask", R"({"tags":"x"})"), "Expected list or null");
  EXPECT_EQ(refusal("RunTask", R"({"tags":[null]})"), "Expected null");
  EXPECT_EQ(refusal("RunTask", R"({"overrides":"x"})"), "Expected null");
  EXPECT_EQ(refusal("DescribeTasks", R"({"tasks":[null]})"),
            "NULL_VALUE cannot be converted to String");
  EXPECT_EQ(read_json("RunTask", R"({"count":3.0})"), (Json{{"count", 3}}));
}

TEST_F(CodecTest, HostileJsonIsRefusedNotFollowed) {
  for (const char* body :
       {"{", "[]", "\"x\"", "1", "null", "{\"cluster\":\"\xff\"}", "{\"cluster\":\"\xed\xa0\x80\"}",
        "{\"count\":NaN}", "{\"count\":1e999}", "{\"count\":123456789012345678901234567890}",
        "{\"cluster\":\"a\"} x", "{\"cluster\":\"\\ud800\"}", "\xef\xbb\xbf["}) {
    EXPECT_NE(refusal("RunTask", body), "read") << body;
  }
  const std::string deep(100000, '[');
  EXPECT_NE(refusal("RunTask", "{\"tags\":" + deep + "}"), "read");
  EXPECT_EQ(read_json("RunTask", R"({"cluster":"a","cluster":"b"})"), (Json{{"cluster", "b"}}));
  EXPECT_EQ(read_json("RunTask", " \n"), Json::object());
  // Brackets in a text are no nesting.
  EXPECT_EQ(read_json("RunTask", "{\"cluster\":\"" + std::string(500, '{') + "\\\"[\"}")["cluster"],
            std::string(500, '{') + "\"[");
}

TEST_F(CodecTest, TheEc2FormIsReadByItsOwnNames) {
  EXPECT_EQ(read_ec2("RunInstances",
                     "ImageId=ami-1&MinCount=1&MaxCount=2&NetworkInterface.1.SubnetId=subnet-1"
                     "&NetworkInterface.1.SecurityGroupId.2=sg-b"
                     "&NetworkInterface.1.SecurityGroupId.1=sg-a"
                     "&NetworkInterface.1.DeleteOnTermination=true&UserData=aGk%3D"),
            (Json{{"ImageId", "ami-1"},
                  {"MinCount", 1},
                  {"MaxCount", 2},
                  {"UserData", "aGk="},
                  {"NetworkInterfaces",
                   {{{"SubnetId", "subnet-1"},
                     {"Groups", {"sg-a", "sg-b"}},
                     {"DeleteOnTermination", true}}}}}));
  // Ten comes after nine, and a gap is no element.
  EXPECT_EQ(read_ec2("DescribeVpcs", "VpcId.10=c&VpcId.9=b&VpcId.1=a"),
            (Json{{"VpcIds", {"a", "b", "c"}}}));
  EXPECT_EQ(read_ec2("DescribeVpcs", "Filter.1.Name=a&Filter.1.Value.1=x&Filter.1.Value.2=y"),
            (Json{{"Filters", {{{"Name", "a"}, {"Values", {"x", "y"}}}}}}));
}

TEST_F(CodecTest, Ec2RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(ec2_refusal("DescribeVpcs", "Colour=red"),
            "UnknownParameter: The parameter Colour is not recognized");
  EXPECT_EQ(ec2_refusal("DescribeVpcs", "Filter.1.Colour=red"),
            "UnknownParameter: The parameter Filter.1.Colour is not recognized");
  EXPECT_EQ(ec2_refusal("DescribeVpcs", "VpcId.x=1"),
            "UnknownParameter: The parameter VpcId.x is not recognized");
  EXPECT_EQ(ec2_refusal("DescribeVpcs", "MaxResults=many"),
            "InvalidParameterValue: Value (many) for parameter MaxResults is invalid. Value must "
            "be a number.");
  EXPECT_NE(ec2_refusal("DescribeVpcs", "MaxResults=99999999999"), "read");
  EXPECT_NE(ec2_refusal("DescribeVpcs", "DryRun=perhaps"), "read");
  EXPECT_NE(ec2_refusal("DescribeVpcs", "MaxResults.1=5"), "read");
  EXPECT_EQ(ec2_refusal("DescribeVpcs",
                        "Action=DescribeVpcs&Version=x&AWSAccessKeyId=a&X-Amz-Date=b&Timestamp=c"),
            "read");
}

TEST_F(CodecTest, HostileFormsAreRefusedNotFollowed) {
  for (const char* body : {"a=%", "a=%4", "a=%zz", "a=%ff", "%ff=a", "a=%ed%a0%80"}) {
    EXPECT_EQ(ec2_refusal("DescribeVpcs", body),
              "MalformedQueryString: The query string contains a syntax error.")
        << body;
  }
  std::string deep = "a";
  for (int i = 0; i < 10000; ++i) deep += ".1";
  EXPECT_NE(ec2_refusal("DescribeVpcs", deep + "=x"), "read");

  std::string many;
  for (int i = 1; i <= 10000; ++i)
    many += "&VpcId." + std::to_string(i) + "=vpc-" + std::to_string(i);
  const Json read = read_ec2("DescribeVpcs", many);
  ASSERT_EQ(read["VpcIds"].size(), 10000U);
  EXPECT_EQ(read["VpcIds"][9999], "vpc-10000");
  for (int i = 0; i < 30000; ++i) many += "&a=b";
  EXPECT_NE(ec2_refusal("DescribeVpcs", many), "read");
}

TEST_F(CodecTest, TheQueryFormHasMembersAndEntries) {
  const auto read = [&](const std::string& name, const std::string& body) {
    return decode_form(Protocol::query, operation("iam", name).input, Form("", body));
  };
  EXPECT_EQ(read("UntagRole", "RoleName=r&TagKeys.member.1=a&TagKeys.member.2=b&Unknown.1=x"),
            (Json{{"RoleName", "r"}, {"TagKeys", {"a", "b"}}}));
  EXPECT_EQ(read("UntagRole", "TagKeys="), (Json{{"TagKeys", Json::array()}}));
}

TEST_F(CodecTest, AnOutputThatIsNotItsShapesIsABug) {
  const Shape* tasks = operation("ecs", "DescribeTasks").output;
  const auto complaint = [&](const Json& output) -> std::string {
    try {
      encode_json(tasks, output);
    } catch (const std::logic_error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(complaint({{"tusks", 1}}), "handler returned tusks that DescribeTasksResponse lacks");
  EXPECT_EQ(complaint({{"tasks", {{{"cpus", "1"}}}}}), "handler returned cpus that Task lacks");
  EXPECT_EQ(complaint({{"tasks", {{{"cpu", 1}}}}}),
            "handler returned a value of type number where String wants a string");
  EXPECT_NE(complaint({{"tasks", "x"}}), "none");
  EXPECT_NE(complaint({{"tasks", {nullptr}}}), "none");
  EXPECT_EQ(complaint({{"tasks", nullptr}}), "none");  // null is absent
  std::string xml;
  EXPECT_THROW(append_xml_members(xml, *operation("ec2", "DescribeVpcs").output, {{"x", 1}}, true),
               std::logic_error);
}

TEST_F(CodecTest, TextThatIsNoUtf8IsMendedOnTheWayOut) {
  const Shape* events = operation("logs", "GetLogEvents").output;
  EXPECT_EQ(
      encode_json(events, {{"events", {{{"message", "a\xff\xe2\x82z\x01\"\\"}}}}}),
      "{\"events\":[{\"message\":\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\\u0001\\\"\\\\\"}]}");
  std::string xml;
  append_xml_text(xml, "a\xff\x01<\r\n");
  EXPECT_EQ(xml, "a\xEF\xBF\xBD\xEF\xBF\xBD&lt;&#xD;\n");
}

TEST(Scalars, Timestamps) {
  EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20Z"), Json(1700000000));
  EXPECT_EQ(parse_timestamp("2023-11-14T22:13:20.500Z"), Json(1700000000.5));
  EXPECT_EQ(parse_timestamp("2023-11-14T23:13:20+01:00"), Json(1700000000));
  EXPECT_EQ(parse_timestamp("1700000000"), Json(1700000000));
  for (const char* bad : {"", "now", "2023-11-14", "2023-13-14T22:13:20Z", "2023-11-14T22:13:20Q",
                          "-023-11-14T22:13:20Z", "2023-11-14T22:13:20Z ", "inf", "nan"}) {
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
  }
  EXPECT_EQ(iso8601(1700000000, false), "2023-11-14T22:13:20Z");
  EXPECT_EQ(iso8601(1700000000.1234, true), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(iso8601(-0.5, true), "1969-12-31T23:59:59.500Z");
  EXPECT_EQ(iso8601(1e300, false), "9999-12-31T23:59:59Z");
  EXPECT_EQ(epoch_seconds(1700000000.25), "1700000000.25");
  EXPECT_EQ(epoch_seconds(1700000000.0), "1700000000");
  EXPECT_EQ(epoch_seconds(1e300).find('e'), std::string::npos);
}

TEST(Scalars, Base64) {
  const std::string bytes("\0\xff\x10 any", 7);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string part = bytes.substr(0, size);
    EXPECT_EQ(base64_decode(base64_encode(part)), part);
  }
  EXPECT_EQ(base64_encode("hi"), "aGk=");
  for (const char* bad : {"a", "ab", "abc", "a===", "====", "ab=c", "ab c", "ab-_"}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
}

TEST(Scalars, Base64ThatPeopleMade) {
  EXPECT_EQ(base64_decode_loose("aGVsbG8g\r\nd29ybGQ=\n"), "hello world");
  EXPECT_EQ(base64_decode_loose("aGk"), "hi");
  EXPECT_EQ(base64_decode_loose(""), "");
  for (const char* bad : {"a", "ab=c", "ab c", "ab-_", "a="}) {
    EXPECT_FALSE(base64_decode_loose(bad)) << bad;
  }
}

TEST(Models, EveryListedOperationCanBeReadWithItsPatterns) {
  const ModelLibrary models;
  std::size_t listed = 0;
  for (const auto& model : models.all()) {
    for (const auto& name : model->operation_names()) {
      listed += model->operation(name)->listed ? 1U : 0U;
    }
  }
  EXPECT_GT(listed, 200U);
  EXPECT_EQ(models.by_name("ecs")->operation("NoSuchThing"), nullptr);
}

TEST(Models, ABrokenModelIsRefused) {
  EXPECT_THROW(ServiceModel("x", ""), std::invalid_argument);
  EXPECT_THROW(ServiceModel("x", "{\n\"metadata\""), std::invalid_argument);
  EXPECT_THROW(ServiceModel("x", "{\n\"other\":{}"), std::invalid_argument);
}

TEST(Patterns, AreMatchedWholeAndWithoutEnd) {
  EXPECT_TRUE(Pattern("[a-z]+").matches("abc"));
  EXPECT_FALSE(Pattern("[a-z]+").matches("abc1"));
  EXPECT_FALSE(Pattern("a|b").matches("ab"));
  EXPECT_TRUE(Pattern("([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)").matches("\xc3\xa4 1"));
  EXPECT_TRUE(Pattern("[\\u0020-\\u00FF]+").matches("\xc3\xa4"));
  EXPECT_FALSE(Pattern("(a+)+b").matches(std::string(5000, 'a')));
  EXPECT_THROW(Pattern("("), std::invalid_argument);
}

}  // namespace
}  // namespace enibox::api
