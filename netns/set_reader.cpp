#include "netns/set_reader.hpp"

#include <arpa/inet.h>  // before the kernel headers, which declare the same where netinet/in.h is not
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>

#include "netns/internal/channel.hpp"

namespace enibox::netns {
namespace {

void read_counter(const Attributes& expression, CountedElement& element) {
  if (expression.text(NFTA_EXPR_NAME) != "counter") return;
  const Attributes counter(expression.raw(NFTA_EXPR_DATA));
  element.packets = be64toh(counter.get<std::uint64_t>(NFTA_COUNTER_PACKETS));
  element.bytes = be64toh(counter.get<std::uint64_t>(NFTA_COUNTER_BYTES));
}

CountedElement element_of(nlattr* nest) {
  const Attributes attributes(nest);
  CountedElement element;
  if (nlattr* key = attributes.raw(NFTA_SET_ELEM_KEY)) {
    if (const nlattr* value = Attributes(key).raw(NFTA_DATA_VALUE)) {
      const auto size = std::min(element.key.size(), static_cast<std::size_t>(nla_len(value)));
      std::memcpy(element.key.data(), nla_data(value), size);
    }
  }
  if (nlattr* expression = attributes.raw(NFTA_SET_ELEM_EXPR))
    read_counter(Attributes(expression), element);
  return element;
}

void append_elements(nlattr* list, std::vector<CountedElement>& all) {
  if (list == nullptr) return;
  auto* item = static_cast<nlattr*>(nla_data(list));
  int left = nla_len(list);
  for (; nla_ok(item, left); item = nla_next(item, &left)) all.push_back(element_of(item));
}

}  // namespace

struct SetReader::Channel : NetlinkChannel {
  Channel() : NetlinkChannel(NETLINK_NETFILTER) {}
};

SetReader::SetReader(const Namespace& where) {
  where.run([&] { channel_ = std::make_unique<Channel>(); });
}
SetReader::SetReader(SetReader&&) noexcept = default;
SetReader& SetReader::operator=(SetReader&&) noexcept = default;
SetReader::~SetReader() = default;

std::vector<CountedElement> SetReader::read(const std::string& table, const std::string& set) {
  nfgenmsg header{};
  header.nfgen_family = NFPROTO_IPV4;
  header.version = NFNETLINK_V0;
  Message dump(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, NLM_F_DUMP, header);
  dump.put(NFTA_SET_ELEM_LIST_TABLE, table).put(NFTA_SET_ELEM_LIST_SET, set);
  std::vector<CountedElement> all;
  channel_->ask(
      dump, "read set " + set,
      [&](nlmsghdr* answer) {
        append_elements(Attributes(answer, sizeof header).raw(NFTA_SET_ELEM_LIST_ELEMENTS), all);
      },
      {ENOENT}, [&] { all.clear(); });
  return all;
}

}  // namespace enibox::netns
