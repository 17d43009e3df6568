#pragma once
#include <map>
#include <string>
#include <vector>

#include "emulator/vpc/commands.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::vpc {

// A network ACL with the router's numbers of its subnets.
struct FilteredAcl {
  struct Subnet {
    int number = 0;
    std::string cidr;
    bool operator==(const Subnet&) const = default;
  };
  std::string acl_id;
  std::vector<Subnet> subnets;
  std::vector<AclEntry> entries;
  bool operator==(const FilteredAcl&) const = default;
};

// The entries of one direction as nft rules, the lowest number first; without those of IPv6. What
// none decides is refused. Pure. Throws std::system_error (Invalid argument) for what is no entry.
std::vector<std::string> render_entries(const std::vector<AclEntry>& entries, bool egress);

// Whether the first entry of the direction admits everything: such an ACL costs no packet anything.
bool admits_all(const std::vector<AclEntry>& entries, bool egress);

// Network ACLs in one router, at the edges of subnets. A subnet has one: the one it was put with
// last. As Ruleset: the model changes at once, what is returned brings the kernel after it.
class AclFilters {
 public:
  Commands put(const FilteredAcl& acl);
  Commands remove(const std::string& acl_id);
  void render(Commands& out) const;

  // All, by id: to put them back.
  using Acls = std::map<std::string, FilteredAcl>;
  const Acls& all() const { return acls_; }
  Commands replace(Acls acls);

 private:
  ChainsAndElements state() const;

  Acls acls_;
};

}  // namespace enibox::vpc
