#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace enibox::netns {

// What stands between the separators, also when that is nothing: "a,,b" has three parts, "" one.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const auto end = std::min(text.find(separator, begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

}  // namespace enibox::netns
