#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// DNS messages as values (RFC 1035, 6891). ldns reads and writes the wire format. Pure functions,
// safe from any thread.
namespace enibox::dns {

using Bytes = std::vector<std::uint8_t>;

enum class Rcode {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kBadVers = 16
};

// A record in the presentation format of zone files, class IN.
struct Record {
  std::string name;  // "ip-10-0-1-121.ec2.internal"; a final dot is optional
  std::string type;  // "A"
  std::uint32_t ttl_s = 60;
  std::string data;  // "10.0.1.121"; names in it end with a dot
  bool operator==(const Record&) const = default;
};

// A query that could be read. Whether it can be answered is the resolver's to say.
struct Query {
  std::uint16_t id = 0;
  int opcode = 0;
  bool recursion_desired = false;
  bool checking_disabled = false;
  int questions = 0;  // name, type and class are the first one's
  std::string name;   // as it was written, escaped, with the final dot
  std::string type;   // "AAAA"; "TYPE65280" for one without a name
  int question_class = 1;
  bool edns = false;
  int edns_version = 0;
  std::size_t edns_udp_bytes = 0;
  bool dnssec_ok = false;  // EDNS's DO
};

// Nothing: not a query, or not to be understood; it is dropped.
std::optional<Query> parse_query(std::span<const std::uint8_t> message);

struct Reply {
  Rcode rcode = Rcode::kNoError;
  std::vector<Record> answers = {};
  std::vector<Record> authority = {};
};

// What a UDP client can take: 512 bytes, or what EDNS says, at most kUdpBytes.
inline constexpr std::size_t kUdpBytes = 4096;
inline constexpr std::size_t kTcpBytes = 65535;
std::size_t udp_limit(const Query& query);

// The answer's bytes; over `limit` the sections stay empty and TC says so. Throws std::logic_error
// for a record that is none.
Bytes encode_reply(const Query& query, const Reply& reply, std::size_t limit);
// An answer that only says: ask again over TCP.
Bytes encode_truncated(const Query& query);

// The question of `query` as another resolver is asked it: under another id, for recursion, with
// EDNS where the client has it and without the client's own options (RFC 7873: cookies are not to
// be passed on).
Bytes encode_question(const Query& query, std::uint16_t id);
struct Answer {
  Rcode rcode = Rcode::kNoError;
  bool truncated = false;
};
// What a message says as the answer to that question under that id (RFC 5452, 9.1). Nothing: it is
// not, or cannot be read.
std::optional<Answer> parse_answer(const Query& query, std::uint16_t id,
                                   std::span<const std::uint8_t> message);
// The question for records of that type of a name as people write it, under id 0. Nothing: it is no
// name.
std::optional<Query> query_for(const std::string& name, const std::string& type);
// The IPv4 addresses in an answer that parse_answer() has understood, in its order.
std::vector<std::string> addresses_in(std::span<const std::uint8_t> answer);
// Another resolver's answer as the client is to see it: with its own id, RA and no AA. The answer
// is one that parse_answer() has understood.
void readdress(Bytes& answer, const Query& query);

// Lower case, without the final dot: how names are compared and looked up.
std::string canonical_name(std::string_view name);
// Whether a canonical name is `apex` or below it.
bool is_within(std::string_view name, std::string_view apex);

}  // namespace enibox::dns
