#include "emulator/dns/resolver.hpp"

#include <set>

namespace enibox::dns {
namespace {

constexpr int kQueryOpcode = 0;
constexpr int kClassIn = 1;
constexpr std::size_t kLongestChain = 8;  // of CNAMEs

// What is answered without looking at names; nothing: go on.
std::optional<Rcode> refusal(const Query& query) {
  if (query.edns && query.edns_version > 0) return Rcode::kBadVers;
  if (query.opcode != kQueryOpcode) return Rcode::kNotImp;
  if (query.questions != 1) return Rcode::kFormErr;
  if (query.question_class != kClassIn) return Rcode::kRefused;
  static const std::set<std::string> kTransfers = {"AXFR", "IXFR", "MAILA", "MAILB"};
  if (kTransfers.contains(query.type)) return Rcode::kRefused;
  return {};
}

// Those of the type, with the owner's name as it was asked for.
std::vector<Record> select(const std::optional<std::vector<Record>>& records,
                           const std::string& type, const std::string& owner) {
  std::vector<Record> selected;
  if (!records) return selected;
  for (const auto& record : *records) {
    if (type != "ANY" && record.type != type) continue;
    selected.push_back(record);
    selected.back().name = owner;
  }
  return selected;
}

}  // namespace

bool Resolver::ask(const std::string& vpc_id, const Bytes& message, Transport transport,
                   Answered answered) {
  const auto query = parse_query(message);
  const auto vpc = query ? ec2_.vpc_dns(vpc_id) : std::nullopt;
  if (!vpc) return false;
  const std::size_t limit = transport == Transport::kUdp ? udp_limit(*query) : kTcpBytes;
  const auto rcode = refusal(*query);
  auto reply = rcode ? std::optional(Reply{.rcode = *rcode}) : answer(*vpc, *query);
  if (!reply && upstream_ != nullptr && query->recursion_desired) {
    recurse(*query, limit, std::move(answered));
    return true;
  }
  answered(encode_reply(*query, reply.value_or(Reply{.rcode = Rcode::kServFail}), limit));
  return true;
}

void Resolver::recurse(const Query& query, std::size_t limit, Answered answered) {
  const auto tell = [query, limit, answered = std::move(answered)](std::optional<Bytes> answer) {
    if (!answer) return answered(encode_reply(query, {.rcode = Rcode::kServFail}, limit));
    if (answer->size() > limit) return answered(encode_truncated(query));
    readdress(*answer, query);
    answered(*std::move(answer));
  };
  upstream_->ask(query, tell);
}

Resolver::Place Resolver::place_of(const ec2::VpcDns& vpc, const std::string& name) {
  Place best;
  for (Zone* zone : zones_) {
    auto apex = zone->apex(vpc, name);
    if (apex && (best.zone == nullptr || apex->size() > best.apex.size()))
      best = {zone, *std::move(apex)};
  }
  return best;
}

std::optional<Reply> Resolver::answer(const ec2::VpcDns& vpc, const Query& query) {
  Reply reply;
  std::string owner = query.name;  // as it was written: the answer repeats its case
  for (std::size_t step = 0; step < kLongestChain; ++step) {
    const std::string name = canonical_name(owner);
    const Place place = place_of(vpc, name);
    if (place.zone == nullptr) {
      if (step == 0) return {};
      return Reply{.rcode = Rcode::kServFail};  // an alias of a name outside
    }
    auto records = place.zone->lookup(vpc, name);
    if (!records) reply.rcode = Rcode::kNxDomain;
    if (records && name == place.apex) records->push_back(place.zone->soa(place.apex));
    const auto wanted = select(records, query.type, owner);
    const auto alias = wanted.empty() ? select(records, "CNAME", owner) : std::vector<Record>{};
    reply.answers.insert(reply.answers.end(), wanted.begin(), wanted.end());
    reply.answers.insert(reply.answers.end(), alias.begin(), alias.end());
    if (alias.empty()) {
      if (wanted.empty()) reply.authority.push_back(place.zone->soa(place.apex));
      return reply;
    }
    owner = alias.front().data;
  }
  return Reply{.rcode = Rcode::kServFail};  // aliases without end
}

}  // namespace enibox::dns
