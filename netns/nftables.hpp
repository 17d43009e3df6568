#pragma once
#include <memory>
#include <string>

#include "netns/namespace.hpp"

namespace enibox::netns {

// The packet filter of one namespace, through libnftables inside this process (an `nft` process
// costs a hundred times more). Usable from any thread, but libnftables keeps process-wide caches:
// all rulesets of a process are used by one thread at a time. Keeps its namespace alive.
class Nftables {
 public:
  explicit Nftables(const Namespace& where);
  Nftables(Nftables&&) noexcept;
  Nftables& operator=(Nftables&&) noexcept;
  ~Nftables();

  // Runs commands in nft's language as one transaction: all or nothing. A user namespace's netlink
  // socket takes about 208 KB of messages, so keep a transaction below half of that. Throws
  // std::system_error with `step` and nft's own message.
  void apply(const std::string& commands, const std::string& step);
  // What a command prints ("list ruleset").
  std::string query(const std::string& command);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace enibox::netns
