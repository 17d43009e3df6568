#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "emulator/containers/runtime.hpp"

// Docker's stream formats. Pure functions.
namespace enibox::engine {

// {1 stdout | 2 stderr, 0, 0, 0, length as 32 bits big-endian} and the bytes.
std::string frame(std::string_view bytes, bool from_stderr);

struct LogFormat {
  bool tty = false;         // raw text, no frames
  bool timestamps = false;  // "2026-11-23T07:09:46.123000000Z line"
  bool want_stdout = true, want_stderr = true;
  std::int64_t since_ms = 0;
  std::int64_t until_ms = 0;  // 0: no end
};
std::string format_log(const std::vector<containers::LogLine>& lines, const LogFormat& format);

}  // namespace enibox::engine
