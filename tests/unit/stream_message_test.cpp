#include <gtest/gtest.h>

#include "api/stream/handshake.hpp"
#include "api/stream/message.hpp"
#include "api/stream/utf8.hpp"

using namespace enibox::stream;

namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

const Uuid kId = *parse_uuid("00112233-4455-6677-8899-aabbccddeeff");

Message sample(std::string type, std::int64_t sequence, PayloadType payload_type,
               std::string payload) {
  return {.type = std::move(type),
          .created_ms = 1'700'000'000'000,
          .sequence = sequence,
          .id = kId,
          .payload_type = payload_type,
          .payload = std::move(payload)};
}

// Frames as the official serializer makes them.
const std::string kKeys = from_hex(
    "00000074696e7075745f73747265616d5f64617461202020202020202020202020202020000000010000018bcfe568"
    "00000000000000000700000000000000008899aabbccddeeff00112233445566771d887ce0f8672e4914d9000e801c"
    "d74ecd805dd9366c0bc42dc16adc0197dc2f00000001000000036c730d");
const std::string kSize = from_hex(
    "00000074696e7075745f73747265616d5f64617461202020202020202020202020202020000000010000018bcfe568"
    "00000000000000000100000000000000008899aabbccddeeff0011223344556677d53ca1ea7dce87c11432052a8550"
    "ed2615cf715ca843c89710ed83325b691cba00000003000000157b22636f6c73223a38302c22726f7773223a3234"
    "7d");
const std::string kAck = from_hex(
    "0000007461636b6e6f776c65646765202020202020202020202020202020202020202020000000010000018bcfe568"
    "00000000000000000000000000000000038899aabbccddeeff001122334455667745da3fe0dd44a4a99b230007bc22"
    "c53f2acdf98edc3a37fd9c6cc25821bff23c00000000000000b07b2241636b6e6f776c65646765644d657373616765"
    "54797065223a226f75747075745f73747265616d5f64617461222c2241636b6e6f776c65646765644d657373616765"
    "4964223a2230303131323233332d343435352d363637372d383839392d616162626363646465656666222c2241636b"
    "6e6f776c65646765644d65737361676553657175656e63654e756d626572223a322c22497353657175656e7469616c"
    "4d657373616765223a747275657d");

}  // namespace

TEST(StreamMessage, FramesKeysAsTheOfficialSerializerDoes) {
  EXPECT_EQ(serialize(sample("input_stream_data", 7, PayloadType::kOutput, "ls\r")), kKeys);
}

TEST(StreamMessage, FramesASizeAsTheOfficialSerializerDoes) {
  EXPECT_EQ(size_payload({80, 24}), R"({"cols":80,"rows":24})");
  EXPECT_EQ(serialize(sample("input_stream_data", 1, PayloadType::kSize, size_payload({80, 24}))),
            kSize);
}

TEST(StreamMessage, AcknowledgesAsTheOfficialSerializerDoes) {
  const auto output = sample("output_stream_data", 2, PayloadType::kOutput, "x");
  auto ack = make_acknowledgement(output, 1'700'000'000'000);
  ack.id = kId;
  EXPECT_EQ(serialize(ack), kAck);

  const auto parsed = parse(kAck, Digest::kVerify);
  ASSERT_TRUE(parsed);
  const auto read = parse_acknowledgement(parsed->payload);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sequence, 2);
  EXPECT_EQ(read->message_id, uuid_text(kId));
}

TEST(StreamMessage, ReadsWhatItWrote) {
  const auto message = parse(kKeys, Digest::kVerify);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, kInputStreamData);
  EXPECT_EQ(message->sequence, 7);
  EXPECT_EQ(message->created_ms, 1'700'000'000'000u);
  EXPECT_EQ(message->id, kId);
  EXPECT_EQ(message->payload, "ls\r");
}

TEST(StreamMessage, StripsEveryPaddingOfTheTypeThatOccursInTheWild) {
  for (const bool left : {false, true}) {
    for (const char padding : {'\0', ' '}) {
      std::string frame = kKeys;
      std::string type = "input_stream_data";
      type.insert(left ? 0 : type.size(), 32 - type.size(), padding);
      frame.replace(4, 32, type);
      const auto message = parse(frame, Digest::kVerify);
      ASSERT_TRUE(message);
      EXPECT_EQ(message->type, kInputStreamData);
    }
  }
}

TEST(StreamMessage, AWrongDigestCountsForTheClientOnly) {
  std::string frame = kKeys;
  frame[80] = static_cast<char>(frame[80] ^ 1);
  EXPECT_FALSE(parse(frame, Digest::kVerify));
  EXPECT_TRUE(parse(frame, Digest::kIgnore));
}

TEST(StreamMessage, DropsWhatOfficialReceiversDrop) {
  EXPECT_FALSE(parse("", Digest::kIgnore));
  for (std::size_t size = 0; size < kHeaderBytes; ++size) {
    EXPECT_FALSE(parse(std::string_view(kKeys).substr(0, size), Digest::kIgnore)) << size;
  }
  auto changed = [](std::size_t offset, std::string_view bytes) {
    return std::string(kKeys).replace(offset, bytes.size(), bytes);
  };
  EXPECT_FALSE(parse(changed(0, std::string_view("\0\0\0\0", 4)), Digest::kIgnore));
  EXPECT_FALSE(parse(changed(0, "\xff\xff\xff\xff"), Digest::kIgnore));
  EXPECT_FALSE(parse(changed(4, std::string(32, ' ')), Digest::kIgnore));
  EXPECT_FALSE(parse(changed(40, std::string(8, '\0')), Digest::kIgnore));
}

TEST(StreamMessage, TheClosedMessageCarriesItsTextEvenWhenThatIsNoUtf8) {
  const auto closed = make_channel_closed("s-1", "c-1", "bad \xff byte", 1'700'000'000'123);
  const auto json = enibox::Json::parse(closed.payload);
  EXPECT_EQ(json["CreatedDate"], "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(json["SessionId"], "s-1");
  EXPECT_EQ(parse_channel_closed(closed.payload), "bad \xef\xbf\xbd byte");
  EXPECT_EQ(parse_channel_closed(""), "");
  EXPECT_EQ(parse_channel_closed("[1]"), "");
}

TEST(StreamMessage, UuidsReadOnlyTheDashedForm) {
  EXPECT_EQ(uuid_text(*parse_uuid("00112233-4455-6677-8899-AABBCCDDEEFF")), uuid_text(kId));
  EXPECT_FALSE(parse_uuid("00112233445566778899aabbccddeeff"));
  EXPECT_FALSE(parse_uuid("00112233-4455-6677-8899-aabbccddeefg"));
  EXPECT_FALSE(parse_uuid("0011223-34455-6677-8899-aabbccddeeff"));
  EXPECT_NE(new_uuid(), new_uuid());
}

TEST(StreamHandshake, HandshakeTimeIsAnIntegerOfNanoseconds) {
  const auto json = enibox::Json::parse(handshake_complete(12'345'678, ""));
  EXPECT_TRUE(json["HandshakeTimeToComplete"].is_number_integer());
  EXPECT_EQ(json["CustomerMessage"], "");
}

TEST(StreamHandshake, ReadsTheRealPluginsAnswer) {
  const auto response = parse_handshake_response(
      R"({"ClientVersion":"1.2.677.0","ProcessedClientActions":[{"ActionType":"SessionType",)"
      R"("ActionStatus":1,"ActionResult":null,"Error":""}],"Errors":null})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->client_version, "1.2.677.0");
  ASSERT_EQ(response->actions.size(), 1u);
  EXPECT_EQ(response->actions[0].status, 1);
}

TEST(StreamHandshake, WrongTypesInForeignJsonCountAsAbsent) {
  EXPECT_FALSE(parse_handshake_response("[]"));
  EXPECT_FALSE(parse_handshake_response("{"));
  EXPECT_TRUE(parse_handshake_response(R"({"ProcessedClientActions":7})")->actions.empty());
  EXPECT_EQ(parse_handshake_response(R"({"ProcessedClientActions":[{"ActionStatus":"1"}]})")
                ->actions[0]
                .status,
            0);
  EXPECT_FALSE(parse_size(R"({"cols":"80","rows":24})"));
  EXPECT_FALSE(parse_size(R"({"cols":-1,"rows":24})"));
  EXPECT_FALSE(parse_size(R"({"cols":80000,"rows":24})"));
  EXPECT_FALSE(parse_open_data_channel(R"({"TokenValue":5})"));
  EXPECT_FALSE(parse_exit_code("EXIT_CODE: x"));
  EXPECT_EQ(parse_exit_code("EXIT_CODE: 7"), 7);
  EXPECT_FALSE(parse_flag("\0\0\1"));
}

TEST(StreamUtf8, HoldsBackOnlyAnUnfinishedCharacter) {
  EXPECT_EQ(whole_characters(""), 0u);
  EXPECT_EQ(whole_characters("abc"), 3u);
  EXPECT_EQ(whole_characters("a\xe2\x82"), 1u);
  EXPECT_EQ(whole_characters("a\xe2\x82\xac"), 4u);
  EXPECT_EQ(whole_characters("\xf0\x9f\x98"), 0u);
  EXPECT_EQ(whole_characters("\xf0\x9f\x98\x80"), 4u);
  EXPECT_EQ(whole_characters("\x80\x80\x80\x80"), 4u);
  EXPECT_EQ(whole_characters("a\xff"), 2u);
}
