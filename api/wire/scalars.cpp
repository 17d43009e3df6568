#include "api/wire/scalars.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace enibox::api {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes of the well-formed character at the start of `text`; 0 when there is none.
std::size_t utf8_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return follows(1) ? 2 : 0;
  if (first < 0xF0) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (first > 0xF4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return 4;
}

// Copies `text`, giving each ASCII character that `special` marks and each broken byte to `other`.
template <typename Special, typename Other>
void copy_escaped(std::string& out, std::string_view text, Special special, Other other) {
  std::size_t plain = 0, i = 0;
  const auto flush = [&] { out.append(text.data() + plain, i - plain); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80 && !special(c)) {
      ++i;
      continue;
    }
    const std::size_t bytes = c < 0x80 ? 0 : utf8_character(text.substr(i));
    if (bytes != 0) {
      i += bytes;
      continue;
    }
    flush();
    if (c < 0x80) {
      other(c);
    } else {
      out += kReplacement;
    }
    plain = ++i;
  }
  flush();
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_character(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  copy_escaped(
      out, text, [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; },
      [&](unsigned char c) {
        switch (c) {
          case '"':
            out += "\\\"";
            return;
          case '\\':
            out += "\\\\";
            return;
          case '\n':
            out += "\\n";
            return;
          case '\r':
            out += "\\r";
            return;
          case '\t':
            out += "\\t";
            return;
          default: {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
            out += escaped;
          }
        }
      });
  out += '"';
}

void append_xml_text(std::string& out, std::string_view text) {
  copy_escaped(
      out, text,
      [](unsigned char c) {
        return (c < 0x20 && c != '\n' && c != '\t') || c == '<' || c == '>' || c == '&' || c == '"';
      },
      [&](unsigned char c) {
        switch (c) {
          case '<':
            out += "&lt;";
            return;
          case '>':
            out += "&gt;";
            return;
          case '&':
            out += "&amp;";
            return;
          case '"':
            out += "&quot;";
            return;
          case '\r':  // a reader would make a line feed of the bare character
            out += "&#xD;";
            return;
          default:
            out += kReplacement;
        }
      });
}

std::string plain_number(const Json& number) {
  char digits[64];
  const auto finish = [&](std::to_chars_result result) { return std::string(digits, result.ptr); };
  if (number.is_number_unsigned()) {
    return finish(std::to_chars(digits, digits + sizeof digits, number.get<std::uint64_t>()));
  }
  if (number.is_number_integer()) {
    return finish(std::to_chars(digits, digits + sizeof digits, number.get<std::int64_t>()));
  }
  const double value = number.get<double>();
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return finish(std::to_chars(digits, digits + sizeof digits, value));
}

void append_json_number(std::string& out, const Json& number) {
  const bool finite = !number.is_number_float() || std::isfinite(number.get<double>());
  if (!finite) out += '"';
  out += plain_number(number);
  if (!finite) out += '"';
}

std::string epoch_seconds(const Json& seconds) {
  if (seconds.is_number_integer()) return plain_number(seconds);
  constexpr double kMost = 9e15;  // where milliseconds leave 64 bits
  const double value = seconds.get<double>();
  if (!(std::abs(value) < kMost)) {
    char text[352];
    std::snprintf(text, sizeof text, "%.0f", std::isfinite(value) ? value : 0.0);
    return text;
  }
  // Answers are full of times: whole numbers are faster to write than floating ones.
  const std::int64_t total = std::llround(value * 1000.0);
  std::string out = total < 0 ? "-" : "";
  out += std::to_string(std::abs(total) / 1000);
  if (const auto rest = std::abs(total) % 1000; rest != 0) {
    const std::string digits = std::to_string(1000 + rest).substr(1);
    out += "." + digits.substr(0, digits.find_last_not_of('0') + 1);
  }
  return out;
}

std::string iso8601(const Json& seconds, bool milliseconds) {
  constexpr double earliest = -62135596800.0, latest = 253402300799.0;
  double value = seconds.get<double>();
  value = std::isfinite(value) ? std::clamp(value, earliest, latest) : 0.0;
  const auto total = static_cast<std::int64_t>(std::floor(value * 1000.0 + 0.5));
  const std::int64_t fraction = ((total % 1000) + 1000) % 1000;
  const auto whole = static_cast<std::time_t>((total - fraction) / 1000);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  char text[96];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  std::string out(text);
  if (milliseconds) {
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(fraction));
    out += text;
  }
  return out + "Z";
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_floating(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

namespace {

// Exactly `digits` digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-') return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+hh:mm", "-hhmm", or nothing: seconds east of Greenwich.
std::optional<int> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const int sign = text[0] == '-' ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<Json> parse_timestamp(std::string_view text) {
  if (auto whole = parse_integer(text)) return Json(*whole);
  if (auto number = parse_floating(text)) return Json(*number);

  const auto year = take_digits(text, 4);
  const bool dash1 = take(text, '-');
  const auto month = take_digits(text, 2);
  const bool dash2 = take(text, '-');
  const auto day = take_digits(text, 2);
  if (!year || !month || !day || !dash1 || !dash2 || !(take(text, 'T') || take(text, ' '))) {
    return std::nullopt;
  }
  const auto hour = take_digits(text, 2);
  const bool colon1 = take(text, ':');
  const auto minute = take_digits(text, 2);
  const bool colon2 = take(text, ':');
  const auto second = take_digits(text, 2);
  if (!hour || !minute || !second || !colon1 || !colon2) return std::nullopt;
  std::string fraction = "0.";
  if (take(text, '.')) {
    while (!text.empty() && text[0] >= '0' && text[0] <= '9' && fraction.size() < 12) {
      fraction += text[0];
      text.remove_prefix(1);
    }
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 ||
      *second > 60) {
    return std::nullopt;
  }
  std::tm parts{};
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  parts.tm_sec = *second;
  const std::int64_t seconds = timegm(&parts) - *zone;
  const double part = fraction == "0." ? 0.0 : parse_floating(fraction).value_or(0.0);
  return part == 0.0 ? Json(seconds) : Json(static_cast<double>(seconds) + part);
}

std::size_t utf16_length(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

}  // namespace enibox::api
