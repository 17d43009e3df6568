#include "emulator/vpc/remains.hpp"

#include "netns/link.hpp"

namespace enibox::vpc {

bool Remains::add(const Dead& dead) {
  std::lock_guard lock(mutex_);
  const bool first = waiting_.addresses.empty() && waiting_.link_indexes.empty();
  waiting_.addresses.insert(waiting_.addresses.end(), dead.addresses.begin(), dead.addresses.end());
  waiting_.link_indexes.insert(waiting_.link_indexes.end(), dead.link_indexes.begin(),
                               dead.link_indexes.end());
  return first;
}

void Remains::bury() {
  Dead dead;
  {
    std::lock_guard lock(mutex_);
    std::swap(dead, waiting_);
  }
  // Else an address's next owner would inherit established flows.
  if (!dead.addresses.empty()) flows_.forget(dead.addresses);
  netns::delete_links(links_, dead.link_indexes);
}

}  // namespace enibox::vpc
