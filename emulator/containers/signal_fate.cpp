#include "emulator/containers/signal_fate.hpp"

#include <charconv>
#include <csignal>
#include <cstdint>

namespace enibox::containers {
namespace {

// "SigCgt:\t0000000000014a07": the value of a line.
std::string_view value_of(std::string_view status, std::string_view name) {
  const auto line = status.find(name);
  if (line == std::string_view::npos) return {};
  auto value = status.substr(line + name.size());
  value = value.substr(0, value.find('\n'));
  const auto begin = value.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : value.substr(begin);
}

bool has_signal(std::string_view status, std::string_view name, int signal) {
  const auto text = value_of(status, name);
  std::uint64_t mask = 0;
  std::from_chars(text.data(), text.data() + text.size(), mask, 16);
  return (mask >> (signal - 1) & 1) != 0;
}

}  // namespace

SignalFate fate_of_signal(std::string_view status, int signal) {
  if (signal == SIGKILL || signal == SIGSTOP || signal < 1 || signal > 64)
    return SignalFate::kTaken;
  const auto name = value_of(status, "Name:");
  if (name.empty()) return SignalFate::kTaken;
  if (name.starts_with("runc:[")) return SignalFate::kEndsTheStart;
  for (const auto* mask : {"\nSigBlk:", "\nSigIgn:", "\nSigCgt:"})
    if (has_signal(status, mask, signal)) return SignalFate::kTaken;
  return SignalFate::kDropped;
}

}  // namespace enibox::containers
