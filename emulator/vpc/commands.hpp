#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Changes of a router's filters as text in nft's language, put together so that they can be cut
// into transactions. Pure.
namespace enibox::vpc {

inline constexpr const char* kTable = "ip vpc";

// One command and about how large it is as netlink messages.
struct Command {
  std::string text;
  std::size_t netlink_bytes = 0;
};
using Commands = std::vector<Command>;

// Joins commands into transactions below the limit: a user namespace's netlink socket takes about
// 208 KB at a time.
std::vector<std::string> transactions(const Commands& commands, std::size_t limit = 100'000);

// An element of a set or a map, whose value may be empty.
struct Element {
  std::string key;
  std::string value;
  auto operator<=>(const Element&) const = default;
};
// By the name of the set: "ip vpc senders".
using Elements = std::map<std::string, std::vector<Element>>;

// "ip vpc NAME"
std::string in_table(const std::string& name);

// Text of about so many lines of rules, chains and sets.
void add_text(Commands& out, std::string text);
// Text whose size as messages is known.
void add_text(Commands& out, std::string text, std::size_t netlink_bytes);
void add_set(Commands& out, const std::string& name, const std::string& type);
void delete_set(Commands& out, const std::string& name);
void add_chain(Commands& out, const std::string& name);
void flush_chain(Commands& out, const std::string& name);
void delete_chain(Commands& out, const std::string& name);
void add_rule(Commands& out, const std::string& chain, const std::string& rule);
void add_elements(Commands& out, const Elements& all);
void delete_elements(Commands& out, const Elements& all);

// What is in `all` and not, with the same value, in `others`.
Elements without(const Elements& all, const Elements& others);

// Chains by name and set elements that belong together, made and changed as a whole.
struct ChainsAndElements {
  std::map<std::string, std::vector<std::string>> chains;
  Elements elements;
};
// What brings a kernel that holds `from` to `to`. A chain may be named by chains after it in
// order of their names.
Commands difference(const ChainsAndElements& from, const ChainsAndElements& to);

// Ids become names in a language of their own: what could end a name is refused (std::system_error,
// Invalid argument). `prefix` is "sg-".
void check_id(const std::string& id, const std::string& prefix);

std::string hex(std::uint32_t value);

}  // namespace enibox::vpc
