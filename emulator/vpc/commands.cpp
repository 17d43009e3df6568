#include "emulator/vpc/commands.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>
#include <system_error>
#include <utility>

namespace enibox::vpc {
namespace {

constexpr std::size_t kElementsPerCommand = 400;

// Sizes of the messages libnftables makes, measured, rounded up.
constexpr std::size_t kElementBytes = 100;
constexpr std::size_t kRuleBytes = 500;
constexpr std::size_t kChainBytes = 120;
constexpr std::size_t kSetBytes = 250;

void emit(Commands& out, std::string text, std::size_t bytes) {
  out.push_back({std::move(text), bytes});
}

void on_chain(Commands& out, const char* verb, const std::string& name) {
  emit(out, std::string(verb) + " chain " + in_table(name), kChainBytes);
}

// One command for many elements of one set.
void command_elements(Commands& out, const char* verb, const std::string& set,
                      const std::vector<Element>& list, bool with_values) {
  for (std::size_t first = 0; first < list.size(); first += kElementsPerCommand) {
    const std::size_t last = std::min(list.size(), first + kElementsPerCommand);
    std::string text = std::string(verb) + " element " + set + " { ";
    for (std::size_t i = first; i < last; ++i) {
      text += (i == first ? "" : ", ") + list[i].key;
      if (with_values && !list[i].value.empty()) text += " : " + list[i].value;
    }
    emit(out, text + " }", (last - first) * kElementBytes);
  }
}

void fill_chain(Commands& out, const std::string& name, const std::vector<std::string>& rules) {
  for (const auto& rule : rules) add_rule(out, name, rule);
}

}  // namespace

std::vector<std::string> transactions(const Commands& commands, std::size_t limit) {
  std::vector<std::string> result;
  std::size_t size = limit;
  for (const auto& command : commands) {
    if (size + command.netlink_bytes > limit || result.empty()) {
      result.emplace_back();
      size = 0;
    }
    result.back() += command.text + "\n";
    size += command.netlink_bytes;
  }
  return result;
}

std::string in_table(const std::string& name) { return std::string(kTable) + " " + name; }

std::string hex(std::uint32_t value) {
  char text[11];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

void check_id(const std::string& id, const std::string& prefix) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (id.starts_with(prefix) && id.size() <= 64 && std::all_of(id.begin(), id.end(), plain)) return;
  throw std::system_error(EINVAL, std::generic_category(), "id '" + id + "'");
}

void add_text(Commands& out, std::string text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  emit(out, std::move(text), lines * kRuleBytes);
}

void add_text(Commands& out, std::string text, std::size_t netlink_bytes) {
  emit(out, std::move(text), netlink_bytes);
}

void add_set(Commands& out, const std::string& name, const std::string& type) {
  emit(out, "add set " + in_table(name) + " { type " + type + "; }", kSetBytes);
}

void delete_set(Commands& out, const std::string& name) {
  emit(out, "delete set " + in_table(name), kSetBytes);
}

void add_chain(Commands& out, const std::string& name) { on_chain(out, "add", name); }
void flush_chain(Commands& out, const std::string& name) { on_chain(out, "flush", name); }
void delete_chain(Commands& out, const std::string& name) { on_chain(out, "delete", name); }

void add_rule(Commands& out, const std::string& chain, const std::string& rule) {
  // An anonymous set of blocks costs two elements a block.
  const auto blocks = static_cast<std::size_t>(std::count(rule.begin(), rule.end(), ','));
  emit(out, "add rule " + in_table(chain) + " " + rule, kRuleBytes + 2 * blocks * kElementBytes);
}

void add_elements(Commands& out, const Elements& all) {
  for (const auto& [set, list] : all) command_elements(out, "add", set, list, true);
}

void delete_elements(Commands& out, const Elements& all) {
  for (const auto& [set, list] : all) command_elements(out, "delete", set, list, false);
}

Elements without(const Elements& all, const Elements& others) {
  Elements rest;
  for (const auto& [set, list] : all) {
    std::set<Element> kept;
    if (const auto other = others.find(set); other != others.end())
      kept.insert(other->second.begin(), other->second.end());
    for (const auto& element : list)
      if (!kept.contains(element)) rest[set].push_back(element);
  }
  return rest;
}

Commands difference(const ChainsAndElements& from, const ChainsAndElements& to) {
  Commands out;
  for (const auto& [name, rules] : to.chains)
    if (!from.chains.contains(name)) add_chain(out, name);
  for (const auto& [name, rules] : to.chains) {
    const auto before = from.chains.find(name);
    if (before != from.chains.end() && before->second == rules) continue;
    if (before != from.chains.end()) flush_chain(out, name);
    fill_chain(out, name, rules);
  }
  delete_elements(out, without(from.elements, to.elements));
  add_elements(out, without(to.elements, from.elements));
  for (auto gone = from.chains.rbegin(); gone != from.chains.rend(); ++gone)
    if (!to.chains.contains(gone->first)) delete_chain(out, gone->first);
  return out;
}

}  // namespace enibox::vpc
