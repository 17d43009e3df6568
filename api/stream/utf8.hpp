#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace enibox::stream {

// How many bytes of `text` come before an unfinished UTF-8 character at its end: all of them when
// the end is a whole character or no UTF-8 at all. At most three bytes are held back.
inline std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<std::uint8_t>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;  // a continuation: look for its head
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back && byte < 0xf8 ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace enibox::stream
