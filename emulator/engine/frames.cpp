#include "emulator/engine/frames.hpp"

#include "emulator/engine/times.hpp"

namespace enibox::engine {

std::string frame(std::string_view bytes, bool from_stderr) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::string out;
  out.reserve(8 + bytes.size());
  out.push_back(from_stderr ? '\2' : '\1');
  out.append(3, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  return out.append(bytes);
}

std::string format_log(const std::vector<containers::LogLine>& lines, const LogFormat& format) {
  std::string out;
  for (const auto& line : lines) {
    if (line.timestamp_ms < format.since_ms) continue;
    if (format.until_ms != 0 && line.timestamp_ms > format.until_ms) continue;
    if (!(line.from_stderr ? format.want_stderr : format.want_stdout)) continue;
    std::string text;
    if (format.timestamps) {
      text = rfc3339(line.timestamp_ms);
      text.insert(text.size() - 1, "000000");  // docker prints nanoseconds
      text += ' ';
    }
    text += line.text;
    text += '\n';
    out += format.tty ? text : frame(text, line.from_stderr);
  }
  return out;
}

}  // namespace enibox::engine
