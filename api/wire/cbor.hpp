#pragma once
#include <cstdint>
#include <string>
#include <string_view>

// The bytes of CBOR (RFC 8949), an item at a time and without recursion. What an item means is
// cbor_codec.hpp's. Pure, any thread.
namespace enibox::api {

// Nested deeper than this, a message is refused.
inline constexpr int kMaxCborDepth = 64;

enum class CborMajor : std::uint8_t {
  unsigned_integer,
  negative_integer,  // -1 - argument
  bytes,
  text,
  array,
  map,
  tag,
  simple,  // booleans, null, floating numbers
};

struct CborHead {
  CborMajor major = CborMajor::simple;
  std::uint8_t info = 0;       // the low five bits of the first byte
  std::uint64_t argument = 0;  // a value, a length, a count of items, a tag

  bool indefinite() const { return info == 31; }
  bool is_null() const { return major == CborMajor::simple && (info == 22 || info == 23); }
  bool is_boolean() const { return major == CborMajor::simple && (info == 20 || info == 21); }
  bool is_floating() const { return major == CborMajor::simple && info >= 25 && info <= 27; }
  bool is_integer() const {
    return major == CborMajor::unsigned_integer || major == CborMajor::negative_integer;
  }
};

// Every member throws AwsError SerializationException for bytes that are no CBOR.
class CborReader {
 public:
  explicit CborReader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  CborHead head();
  // The next head that is no tag.
  CborHead head_behind_tags();
  // The whole string that `head` begins (bytes or text), its pieces joined.
  std::string string(const CborHead& head);
  // What `head` begins is passed over.
  void skip(const CborHead& head, int depth);

  // Calls `item()` for each item of the array or entry of the map that `head` begins.
  template <typename Item>
  void for_each(const CborHead& head, Item item) {
    if (!head.indefinite()) {
      for (std::uint64_t i = 0; i < head.argument; ++i) item();
      return;
    }
    while (!take_break()) item();
  }

 private:
  std::string_view take(std::uint64_t bytes);
  bool take_break();

  std::string_view rest_;
};

double cbor_floating(const CborHead& head);

// Appends one item's bytes. An array's and a map's items follow; an open map ends with a break.
void append_cbor_head(std::string& out, CborMajor major, std::uint64_t argument);
void append_cbor_integer(std::string& out, std::int64_t value);
void append_cbor_floating(std::string& out, double value);
void append_cbor_boolean(std::string& out, bool value);
void append_cbor_text(std::string& out, std::string_view text);
void append_cbor_bytes(std::string& out, std::string_view bytes);
void append_cbor_open_map(std::string& out);
void append_cbor_break(std::string& out);

}  // namespace enibox::api
