#include "emulator/ids.hpp"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace enibox {
namespace {

// getrandom costs a system call; ids are made many at a time, so a thread keeps a small stock.
std::uint8_t random_byte() {
  thread_local std::array<std::uint8_t, 256> stock;
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (getrandom(stock.data(), stock.size(), 0) != static_cast<ssize_t>(stock.size())) {
      throw std::runtime_error("getrandom failed");
    }
    left = stock.size();
  }
  return stock[--left];
}

constexpr std::string_view kHex = "0123456789abcdef";

}  // namespace

std::string random_hex(int digits) {
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto& digit : text) digit = kHex[random_byte() & 0xf];
  return text;
}

std::string random_uuid() {
  std::string hex = random_hex(32);
  hex[12] = '4';
  hex[16] = kHex[8 + (random_byte() & 3)];
  std::string text;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    text += hex[i];
  }
  return text;
}

std::string random_token(int bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  for (int bits = 0; bits < bytes * 8; bits += 6) text += kAlphabet[random_byte() & 0x3f];
  return text;
}

std::string iam_id(std::string_view prefix, int letters) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id(prefix);
  const auto digits = random_hex(2 * letters);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    id += kAlphabet[std::stoul(digits.substr(i, 2), nullptr, 16) % 32];
  }
  return id;
}

}  // namespace enibox
