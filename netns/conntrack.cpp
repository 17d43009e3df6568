#include "netns/conntrack.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <array>
#include <set>
#include <vector>

#include "netns/internal/channel.hpp"

namespace enibox::netns {
namespace {

Message conntrack_message(int type, int flags) {
  nfgenmsg header{};
  header.nfgen_family = AF_INET;
  header.version = NFNETLINK_V0;
  return Message(NFNL_SUBSYS_CTNETLINK << 8 | type, flags, header);
}

using AddressBytes = std::array<std::uint8_t, 4>;

bool tuple_has_one(nlattr* tuple, const std::set<AddressBytes>& wanted) {
  const Attributes addresses(Attributes(tuple).raw(CTA_TUPLE_IP));
  for (const int end : {CTA_IP_V4_SRC, CTA_IP_V4_DST})
    if (addresses.has(end) && wanted.contains(addresses.get<AddressBytes>(end))) return true;
  return false;
}

std::vector<char> payload(nlattr* attribute) {
  const auto* data = static_cast<const char*>(nla_data(attribute));
  return {data, data + nla_len(attribute)};
}

struct Flow {
  std::vector<char> tuple;
  std::uint32_t id = 0;  // so that a new flow of the same tuple is left alone
  std::uint16_t zone = 0;
};

}  // namespace

struct Conntrack::Channel : NetlinkChannel {
  Channel() : NetlinkChannel(NETLINK_NETFILTER) {}

  template <typename Visit>
  void each_flow(Visit visit) {
    Message dump = conntrack_message(IPCTNL_MSG_CT_GET, NLM_F_DUMP);
    ask(dump, "list flows", [&](nlmsghdr* answer) { visit(Attributes(answer, sizeof(nfgenmsg))); });
  }

  bool remove(const Flow& flow) {
    Message message = conntrack_message(IPCTNL_MSG_CT_DELETE, NLM_F_ACK);
    message.put_bytes(CTA_TUPLE_ORIG | NLA_F_NESTED, flow.tuple.data(), flow.tuple.size());
    message.put(CTA_ID, flow.id);
    if (flow.zone != 0) message.put(CTA_ZONE, flow.zone);
    return request_unless(message, "forget flow", {ENOENT});
  }
};

Conntrack::Conntrack(const Namespace& where) {
  where.run([&] { channel_ = std::make_unique<Channel>(); });
}
Conntrack::Conntrack(Conntrack&&) noexcept = default;
Conntrack& Conntrack::operator=(Conntrack&&) noexcept = default;
Conntrack::~Conntrack() = default;

int Conntrack::forget(const std::vector<std::string>& addresses) {
  std::set<AddressBytes> wanted;
  for (const auto& address : addresses) {
    const RawAddress raw = parse_address(address);
    wanted.insert({raw.bytes[0], raw.bytes[1], raw.bytes[2], raw.bytes[3]});
  }
  std::vector<Flow> flows;
  channel_->each_flow([&](const Attributes& flow) {
    if (!tuple_has_one(flow.raw(CTA_TUPLE_ORIG), wanted) &&
        !tuple_has_one(flow.raw(CTA_TUPLE_REPLY), wanted))
      return;
    flows.push_back({payload(flow.raw(CTA_TUPLE_ORIG)), flow.get<std::uint32_t>(CTA_ID),
                     flow.get<std::uint16_t>(CTA_ZONE)});
  });
  int forgotten = 0;
  for (const auto& flow : flows) forgotten += channel_->remove(flow) ? 1 : 0;
  return forgotten;
}

int Conntrack::count() {
  int flows = 0;
  channel_->each_flow([&](const Attributes&) { ++flows; });
  return flows;
}

}  // namespace enibox::netns
