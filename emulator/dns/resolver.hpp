#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "emulator/dns/message.hpp"
#include "emulator/dns/zone.hpp"

namespace enibox::dns {

// Recursion into the world outside; there is none without an uplink.
class Upstream {
 public:
  virtual ~Upstream() = default;
  using Answered = std::function<void(std::optional<Bytes>)>;
  // Asks the one question of `query`; `answered` once, at once or later: an answer that
  // parse_answer() has understood, under any id, or nothing.
  virtual void ask(const Query& query, Answered answered) = 0;
};

enum class Transport { kUdp, kTcp };

// VPC User Guide: the second address of the resolver, the same in every VPC.
inline constexpr const char* kLinkLocalResolver = "169.254.169.253";

// What the Amazon-provided DNS server of every VPC answers. Zones answer for what is theirs, the
// longest domain first; the rest is recursion's. VPC User Guide, "DNS attributes for your VPC".
// Loop thread only.
class Resolver {
 public:
  // The zones outlive it. Of two with the same domain the earlier one answers.
  Resolver(ec2::Ec2& ec2, std::vector<Zone*> zones) : ec2_(ec2), zones_(std::move(zones)) {}
  // Null: names outside are SERVFAIL.
  void set_upstream(Upstream* upstream) { upstream_ = upstream; }

  using Answered = std::function<void(Bytes)>;
  // Calls `answered` once, at once or later. False: never, what cannot be read gets no answer.
  bool ask(const std::string& vpc_id, const Bytes& message, Transport transport, Answered answered);

 private:
  void recurse(const Query& query, std::size_t limit, Answered answered);
  // Nothing: outside of all zones.
  std::optional<Reply> answer(const ec2::VpcDns& vpc, const Query& query);
  struct Place {
    Zone* zone = nullptr;
    std::string apex;
  };
  Place place_of(const ec2::VpcDns& vpc, const std::string& name);

  ec2::Ec2& ec2_;
  std::vector<Zone*> zones_;
  Upstream* upstream_ = nullptr;
};

}  // namespace enibox::dns
