#pragma once
#include <map>
#include <set>
#include <string>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/commands.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::vpc {

// Prefix lists in one router: an interval set for each that a rule names; an entry more is an
// element more. As Ruleset: the model changes at once, what is returned brings the kernel after it.
class PrefixListSets {
 public:
  Commands put(const PrefixListSpec& list);
  Commands remove(const std::string& id);
  std::optional<PrefixListSpec> find(const std::string& id) const;

  // Somebody names it, known or not, or does no longer.
  void need(const std::string& id, Commands& out);
  void release(const std::string& id, Commands& out);

  void render(Commands& out) const;

 private:
  struct List {
    std::optional<PrefixListSpec> spec;
    std::set<Cidr> blocks;
    int namers = 0;
  };
  void forget_if_unused(const std::string& id);
  static void add(const std::string& id, const List& list, Commands& out);

  std::map<std::string, List> lists_;
};

}  // namespace enibox::vpc
