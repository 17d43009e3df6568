#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "emulator/undo.hpp"
#include "emulator/vpc/background.hpp"
#include "emulator/vpc/network.hpp"
#include "emulator/vpc/remains.hpp"
#include "emulator/vpc/ruleset.hpp"
#include "netns/address.hpp"
#include "netns/link.hpp"
#include "netns/namespace.hpp"
#include "netns/nftables.hpp"
#include "netns/route_socket.hpp"

namespace enibox::vpc {

// The MAC of every router end, so that the gateway looks the same from everywhere.
inline constexpr const char* kRouterMac = "0e:00:00:00:00:01";
// The lifetime of an instance's address, as a VPC's DHCP server gives it.
inline constexpr std::uint32_t kLeaseSeconds = 3600;

struct RouterContext {
  std::function<void(const std::string& step)> before_step;
  Background& background;
};

// One VPC's router: a namespace that holds the other end of every ENI and only routes and filters.
// An ENI has a number, which is the index of its router end. Used by one thread; calls throw
// std::system_error and leave the kernel as it was.
class Router {
 public:
  // Makes the namespace at `path`, or adopts the one that is there when `adopt`.
  Router(RouterContext context, std::string path, const VpcSpec& vpc, bool adopt);
  ~Router();

  void update(const VpcSpec& vpc);
  void put_group(const GroupSpec& group);
  void remove_group(const std::string& group_id);
  void put_eni(const EniSpec& eni);
  // False: not known.
  bool remove_eni(const std::string& eni_id);
  void renew_leases();
  void forget_unclaimed();
  // Ends the namespace and everything in it.
  void destroy();

  const VpcSpec& vpc() const { return vpc_; }

 private:
  struct Eni {
    EniSpec spec;
    int number = 0;  // also the index of the router end
  };

  void step(const std::string& name) const {
    if (context_.before_step) context_.before_step(name);
  }
  // A change of the filters: applied to model and kernel, or to neither.
  using Change = std::function<Commands(Ruleset&)>;
  void filter(const std::string& what, const Change& change, const Change& opposite);
  void apply(const Commands& commands, const std::string& what);
  void unfilter(int number);

  void configure();
  void attach(const EniSpec& eni);
  void detach(const Eni& eni);
  void bury(const Remains::Dead& dead);
  bool adopt_link(const EniSpec& eni);
  bool is_alive(const Eni& eni);
  int next_number();
  int subnet_number(const std::string& subnet_cidr);
  FilteredEni filtered(const EniSpec& eni, int number);
  // What makes the address an ENI's: its route and its neighbour entry.
  void announce(const EniSpec& eni, int number, const std::string& what);
  void clear_the_way(const EniSpec& eni, netns::RouteSocket& target);

  RouterContext context_;
  std::string path_;
  VpcSpec vpc_;
  netns::Namespace namespace_;
  netns::RouteSocket links_;
  netns::Nftables filters_;
  std::shared_ptr<Remains> remains_;
  std::set<std::string, std::less<>> released_;  // addresses whose flows are being forgotten
  Ruleset ruleset_;
  std::map<std::string, int, std::less<>> subnet_numbers_;  // from 1 on, never given twice
  std::map<std::string, Eni, std::less<>> enis_;
  std::map<int, netns::Link> unclaimed_;  // adopted, by index, not put yet
  // An ENI's number is the index of its end in the router. Numbers begin above the indexes of a
  // task's own links: `ip` there takes the peer's index for one of them (eth0@ecs-eth0).
  static constexpr int kFirstNumber = 100;
  int last_number_ = kFirstNumber - 1;
};

}  // namespace enibox::vpc
