#include "netns/rule.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "netns/internal/channel.hpp"

namespace enibox::netns {
namespace {

Message rule_message(int type, int flags, const MarkRule& rule) {
  fib_rule_hdr header{};
  header.family = AF_INET;
  header.action = FR_ACT_TO_TBL;
  header.table = RT_TABLE_UNSPEC;
  Message message(type, flags, header);
  message.put(FRA_TABLE, rule.table)
      .put(FRA_FWMARK, rule.mark)
      .put(FRA_FWMASK, rule.mask)
      .put(FRA_PRIORITY, rule.priority);
  return message;
}

}  // namespace

void add_mark_rule(RouteSocket& where, const MarkRule& rule) {
  Message message = rule_message(RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, rule);
  where.channel().request_unless(message, "add routing rule", {EEXIST});
}

bool delete_mark_rule(RouteSocket& where, const MarkRule& rule) {
  Message message = rule_message(RTM_DELRULE, NLM_F_ACK, rule);
  return where.channel().request_unless(message, "delete routing rule", {ENOENT});
}

}  // namespace enibox::netns
