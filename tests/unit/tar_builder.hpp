#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace enibox::testing {

struct TarEntry {
  int mode = 0644, uid = 0, gid = 0;
  long mtime = 1'700'000'000;
};

// Writes ustar by hand, so that a test can write what no tool would.
class TarBuilder {
 public:
  TarBuilder& file(const std::string& name, const std::string& content, TarEntry o = {}) {
    header(name, '0', content.size(), "", o);
    return data(content);
  }
  TarBuilder& directory(const std::string& name, TarEntry o = {0755, 0, 0, 1'700'000'000}) {
    header(name, '5', 0, "", o);
    return *this;
  }
  TarBuilder& symlink(const std::string& name, const std::string& target) {
    header(name, '2', 0, target, {0777, 0, 0, 0});
    return *this;
  }
  TarBuilder& hardlink(const std::string& name, const std::string& target) {
    header(name, '1', 0, target, {});
    return *this;
  }
  TarBuilder& device(const std::string& name, char type = '3') {
    header(name, type, 0, "", {});
    return *this;
  }
  // A pax extended header for the next entry.
  TarBuilder& pax(const std::string& key, const std::string& value) {
    const auto body = " " + key + "=" + value + "\n";
    auto length = body.size() + 1;
    while (std::to_string(length).size() + body.size() != length) ++length;
    const auto record = std::to_string(length) + body;
    header("pax", 'x', record.size(), "", {});
    return data(record);
  }
  // A header alone, with a size of the caller's choice.
  TarBuilder& claim(const std::string& name, std::uint64_t size) {
    header(name, '0', size, "", {});
    return *this;
  }
  std::string unterminated() const { return bytes_; }
  std::string str() const { return bytes_ + std::string(1024, '\0'); }

 private:
  static void octal(char* at, std::size_t width, std::uint64_t value) {
    std::snprintf(at, width, "%0*llo", static_cast<int>(width - 1),
                  static_cast<unsigned long long>(value));
  }
  TarBuilder& data(const std::string& content) {
    bytes_ += content;
    bytes_.append((512 - content.size() % 512) % 512, '\0');
    return *this;
  }
  void header(const std::string& name, char type, std::uint64_t size, const std::string& link,
              TarEntry o) {
    char block[512] = {};
    std::memcpy(block, name.data(), std::min<std::size_t>(name.size(), 100));
    octal(block + 100, 8, static_cast<std::uint64_t>(o.mode));
    octal(block + 108, 8, static_cast<std::uint64_t>(o.uid));
    octal(block + 116, 8, static_cast<std::uint64_t>(o.gid));
    octal(block + 124, 12, size);
    octal(block + 136, 12, static_cast<std::uint64_t>(o.mtime));
    block[156] = type;
    std::memcpy(block + 157, link.data(), std::min<std::size_t>(link.size(), 100));
    std::memcpy(block + 257, "ustar\00000", 8);
    if (type == '3' || type == '4') octal(block + 329, 8, 8), octal(block + 337, 8, 1);
    std::memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    std::snprintf(block + 148, 8, "%06o", sum);
    bytes_.append(block, sizeof block);
  }

  std::string bytes_;
};

}  // namespace enibox::testing
