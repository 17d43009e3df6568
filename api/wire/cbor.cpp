#include "api/wire/cbor.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "api/error.hpp"

namespace enibox::api {

namespace {

constexpr char kBreak = '\xFF';

[[noreturn]] void refuse(const char* why) {
  throw AwsError("SerializationException",
                 std::string("The request body is not valid CBOR: ") + why);
}

double half(std::uint64_t bits) {
  const int exponent = static_cast<int>(bits >> 10 & 0x1F);
  const double fraction = static_cast<double>(bits & 0x3FF);
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else if (exponent < 31) {
    value = std::ldexp(fraction + 1024, exponent - 25);
  } else {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void append_first(std::string& out, CborMajor major, unsigned info) {
  out += static_cast<char>(static_cast<unsigned>(major) << 5 | info);
}

}  // namespace

std::string_view CborReader::take(std::uint64_t bytes) {
  if (bytes > rest_.size()) refuse("it ends too early");
  const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(bytes));
  rest_.remove_prefix(taken.size());
  return taken;
}

bool CborReader::take_break() {
  if (rest_.empty()) refuse("it ends too early");
  if (rest_.front() != kBreak) return false;
  rest_.remove_prefix(1);
  return true;
}

CborHead CborReader::head() {
  const auto first = static_cast<unsigned char>(take(1).front());
  CborHead out{static_cast<CborMajor>(first >> 5), static_cast<std::uint8_t>(first & 0x1F), 0};
  if (out.info < 24) {
    out.argument = out.info;
  } else if (out.info < 28) {
    for (const char c : take(std::uint64_t{1} << (out.info - 24))) {
      out.argument = out.argument << 8 | static_cast<unsigned char>(c);
    }
  } else if (out.info < 31) {
    refuse("a reserved length");
  } else if (out.major < CborMajor::bytes || out.major > CborMajor::map) {
    refuse("a break or an endless item where none can be");
  }
  return out;
}

CborHead CborReader::head_behind_tags() {
  for (int tags = 0; tags <= kMaxCborDepth; ++tags) {
    const CborHead next = head();
    if (next.major != CborMajor::tag) return next;
  }
  refuse("it is nested too deeply");
}

std::string CborReader::string(const CborHead& head) {
  if (!head.indefinite()) return std::string(take(head.argument));
  std::string out;
  while (!take_break()) {
    const CborHead piece = this->head();
    if (piece.major != head.major || piece.indefinite()) refuse("a piece of another kind");
    out += take(piece.argument);
  }
  return out;
}

void CborReader::skip(const CborHead& head, int depth) {
  if (depth > kMaxCborDepth) refuse("it is nested too deeply");
  const auto inner = [&] { skip(this->head(), depth + 1); };
  switch (head.major) {
    case CborMajor::bytes:
    case CborMajor::text:
      string(head);
      return;
    case CborMajor::array:
      return for_each(head, inner);
    case CborMajor::map:
      return for_each(head, [&] {
        inner();
        inner();
      });
    case CborMajor::tag:
      return inner();
    default:
      return;
  }
}

double cbor_floating(const CborHead& head) {
  if (head.info == 25) return half(head.argument);
  if (head.info == 26) return std::bit_cast<float>(static_cast<std::uint32_t>(head.argument));
  return std::bit_cast<double>(head.argument);
}

void append_cbor_head(std::string& out, CborMajor major, std::uint64_t argument) {
  if (argument < 24) return append_first(out, major, static_cast<unsigned>(argument));
  const unsigned size = argument <= 0xFF         ? 0
                        : argument <= 0xFFFF     ? 1
                        : argument <= 0xFFFFFFFF ? 2
                                                 : 3;
  append_first(out, major, 24 + size);
  append_big_endian(out, argument, 1 << size);
}

void append_cbor_integer(std::string& out, std::int64_t value) {
  const bool negative = value < 0;
  append_cbor_head(out, negative ? CborMajor::negative_integer : CborMajor::unsigned_integer,
                   static_cast<std::uint64_t>(negative ? -1 - value : value));
}

void append_cbor_floating(std::string& out, double value) {
  append_first(out, CborMajor::simple, 27);
  append_big_endian(out, std::bit_cast<std::uint64_t>(value), 8);
}

void append_cbor_boolean(std::string& out, bool value) {
  append_first(out, CborMajor::simple, value ? 21 : 20);
}

void append_cbor_text(std::string& out, std::string_view text) {
  append_cbor_head(out, CborMajor::text, text.size());
  out += text;
}

void append_cbor_bytes(std::string& out, std::string_view bytes) {
  append_cbor_head(out, CborMajor::bytes, bytes.size());
  out += bytes;
}

void append_cbor_open_map(std::string& out) { append_first(out, CborMajor::map, 31); }

void append_cbor_break(std::string& out) { out += kBreak; }

}  // namespace enibox::api
