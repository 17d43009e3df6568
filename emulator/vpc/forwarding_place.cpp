#include "emulator/vpc/forwarding_place.hpp"

#include "netns/sysctl.hpp"

namespace enibox::vpc {

netns::Namespace make_or_adopt(const std::string& path, bool adopt) {
  if (netns::Namespace::exists(path)) {
    if (adopt) return netns::Namespace::open(path);
    netns::Namespace::remove(path);
  }
  return netns::Namespace::create(path);
}

void configure_forwarding(const netns::Namespace& where) {
  netns::write_sysctls(where, {
                                  {"net/ipv4/ip_forward", "1"},
                                  {"net/ipv4/conf/default/rp_filter", "0"},
                                  {"net/ipv4/conf/all/rp_filter", "0"},
                                  {"net/ipv4/conf/default/send_redirects", "0"},
                                  {"net/ipv4/conf/all/send_redirects", "0"},
                                  {"net/ipv4/conf/default/accept_redirects", "0"},
                                  {"net/ipv4/conf/all/accept_redirects", "0"},
                                  {"net/ipv4/conf/default/log_martians", "0"},
                                  {"net/ipv4/conf/all/log_martians", "0"},
                                  {"net/ipv6/conf/all/disable_ipv6", "1", /*optional=*/true},
                                  {"net/ipv6/conf/default/disable_ipv6", "1", /*optional=*/true},
                              });
}

}  // namespace enibox::vpc
