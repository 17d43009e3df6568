#include "api/wire/cbor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "api/error.hpp"
#include "api/wire/cbor_codec.hpp"
#include "api/wire/dispatch.hpp"
#include "api/wire/model.hpp"

namespace enibox::api {
namespace {

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

// RFC 8949, appendix A.
TEST(Cbor, ReadsNumbersOfEveryWidth) {
  const std::pair<const char*, double> cases[] = {{"00", 0},           {"17", 23},
                                                  {"1818", 24},        {"1903e8", 1000},
                                                  {"20", -1},          {"3863", -100},
                                                  {"1a000f4240", 1e6}, {"1b000000e8d4a51000", 1e12},
                                                  {"f93e00", 1.5},     {"f97bff", 65504},
                                                  {"f90001", 0x1p-24}, {"f9c400", -4},
                                                  {"fa47c35000", 1e5}, {"fb3ff199999999999a", 1.1}};
  for (const auto& [hex, value] : cases) {
    const std::string text = bytes(hex);
    CborReader reader(text);
    const auto head = reader.head();
    const double read = head.is_floating() ? cbor_floating(head)
                        : head.major == CborMajor::unsigned_integer
                            ? static_cast<double>(head.argument)
                            : -1 - static_cast<double>(head.argument);
    EXPECT_EQ(read, value) << hex;
    EXPECT_TRUE(reader.at_end()) << hex;
  }
}

TEST(Cbor, JoinsAndPassesOverEndlessItems) {
  const std::string pieces = bytes("7f657374726561646d696e67ff");
  CborReader reader(pieces);
  EXPECT_EQ(reader.string(reader.head()), "streaming");
  // [_ 1, {_ "a": [2, 3]}], then 9.
  const std::string nested = bytes("9f01bf6161820203ffff09");
  CborReader skipping(nested);
  skipping.skip(skipping.head(), 0);
  EXPECT_EQ(skipping.head().argument, 9u);
}

TEST(Cbor, WritesTheShortestHead) {
  std::string out;
  append_cbor_integer(out, 23);
  append_cbor_integer(out, -25);
  append_cbor_head(out, CborMajor::array, 65536);
  EXPECT_EQ(out, bytes("1738189a00010000"));
}

class CborCodec : public ::testing::Test {
 protected:
  const Shape* input(const char* operation) {
    return models.by_name("cloudwatch")->operation(operation)->input;
  }
  std::string error(std::string_view body) {
    try {
      decode_cbor(input("PutMetricData"), body);
      return "";
    } catch (const AwsError& refused) {
      return refused.code();
    }
  }
  ModelLibrary models;
};

TEST_F(CborCodec, ReadsWhatItWrites) {
  const Json value = {{"Namespace", "n"},
                      {"MetricData",
                       {{{"MetricName", "m"},
                         {"Timestamp", 1700000000},
                         {"Value", 1.5},
                         {"StorageResolution", 60},
                         {"Values", {1.0, 2.0}}}}},
                      {"StrictEntityValidation", true}};
  const auto* shape = input("PutMetricData");
  EXPECT_EQ(decode_cbor(shape, encode_cbor(shape, value)), value);
}

TEST_F(CborCodec, BrokenAndForeignBytesAreRefused) {
  const char* cases[] = {
      "ff",
      "a1",
      "bf",
      "1c",
      "a16161",
      "81",
      "6161",
      "f6",
      "bf6161ff",
      "5f6161ff",
      "a1694e616d657370616365f5",                    // Namespace: true
      "a1694e616d6573706163657b7fffffffffffffff61",  // a length beyond the end
      "a1694e616d65737061636561ff",                  // no UTF-8
      "a000",                                        // more behind the end
      "a16a4d6574726963446174619b00ffffffffffffff",  // a list without its items
  };
  for (const char* hex : cases) EXPECT_EQ(error(bytes(hex)), "SerializationException") << hex;
  EXPECT_EQ(error(std::string("\xa1\x61x", 3) + std::string(100'000, '\x81')),
            "SerializationException");
  EXPECT_EQ(error(std::string(100'000, '\xc1')), "SerializationException");
}

TEST_F(CborCodec, NullAndUnknownMembersAreDropped) {
  // {"Namespace": "a", "MetricData": null, "x": [1, {"y": 2}]}
  const auto body = bytes(
      "a3694e616d65737061636561616a4d65747269634461746"
      "1f661788201a1617902");
  EXPECT_EQ(decode_cbor(input("PutMetricData"), body), Json({{"Namespace", "a"}}));
}

struct OpenGate final : BarrierGate {
  void when_passed(std::uint64_t, std::function<void()> go) override { go(); }
};

TEST_F(CborCodec, ErrorsCarryTypeAndTheQueryCode) {
  OpenGate gate;
  Dispatcher dispatcher(gate, {});
  dispatcher.add({.name = "cloudwatch",
                  .operations = {{"ListMetrics", [](const RequestContext&, const Json&) -> Answer {
                                    throw AwsError("InvalidParameterValue", "no");
                                  }}}});
  HttpReply reply;
  const HttpRequest request{"POST",
                            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
                            {{"Smithy-Protocol", "rpc-v2-cbor"}},
                            bytes("a0")};
  dispatcher.handle(request, [&](HttpReply answer) { reply = std::move(answer); });
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.headers.get("smithy-protocol"), "rpc-v2-cbor");
  EXPECT_EQ(reply.headers.get("Content-Type"), "application/cbor");
  EXPECT_EQ(reply.headers.get("x-amzn-query-error"), "InvalidParameterValue;Sender");
  EXPECT_NE(reply.body.find("InvalidParameterValueException"), std::string::npos);
}

}  // namespace
}  // namespace enibox::api
