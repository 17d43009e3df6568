#include "emulator/vpc/route_tables.hpp"

#include <set>
#include <system_error>

#include "emulator/undo.hpp"
#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/gates.hpp"
#include "emulator/vpc/ruleset.hpp"
#include "netns/rule.hpp"

namespace enibox::vpc {
namespace {

std::uint32_t table_of(int subnet_number) {
  return kFirstSubnetTable + static_cast<std::uint32_t>(subnet_number);
}

netns::MarkRule rule_of(std::uint32_t table) {
  return {
      .mark = table - kFirstSubnetTable, .mask = kSubnetMask, .table = table, .priority = table};
}

Cidr block(const std::string& text) {
  const auto cidr = Cidr::parse(text);
  if (!cidr || cidr->is_v6())
    throw std::system_error(EINVAL, std::generic_category(), "route to '" + text + "'");
  return *cidr;
}

}  // namespace

std::vector<netns::Route> render_table(const SubnetTable& table, const FindNextHop& find) {
  const auto& spec = table.spec;
  if (spec.routes.empty()) return {};
  const std::uint32_t number = table_of(table.subnet_number);
  const Cidr own = block(spec.subnet_cidr);
  std::map<std::string, netns::Route> routes;
  const auto put = [&](const std::string& destination, netns::RouteKind kind) {
    routes[destination] = {.destination = destination, .kind = kind, .table = number};
  };
  put("0.0.0.0/0", netns::RouteKind::kBlackhole);
  for (const auto& cidr : table.vpc_cidrs) put(block(cidr).text(), netns::RouteKind::kThrow);
  for (const auto& route : spec.routes) {
    const std::string destination = block(route.destination).text();
    if (const auto hop = route.target.empty() ? std::nullopt : find(route.target)) {
      routes[destination] = {.destination = destination,
                             .gateway = hop->gateway,
                             .link_index = hop->link_index,
                             .table = number,
                             .onlink = true};
    } else {
      put(destination, netns::RouteKind::kBlackhole);
    }
  }
  std::vector<netns::Route> result;
  put(own.text(), netns::RouteKind::kThrow);
  for (auto& [destination, route] : routes)
    if (destination == own.text() || !own.contains(block(destination)))
      result.push_back(std::move(route));
  return result;
}

void RouteTables::put(int subnet_number, const std::vector<netns::Route>& routes) {
  Table& installed = installed_[subnet_number];
  const auto rule = rule_of(table_of(subnet_number));
  if (routes.empty()) {
    if (!installed.empty()) netns::delete_mark_rule(links_, rule);
    return change(installed, routes);
  }
  const bool is_new = installed.empty();
  change(installed, routes);
  if (!is_new) return;
  Undo undo;
  undo.add([&] { change(installed, {}); });
  netns::add_mark_rule(links_, rule);
  undo.dismiss();
}

// New destinations first: a packet on its way meets the old route or the new one, never none.
void RouteTables::change(Table& installed, const std::vector<netns::Route>& wanted) {
  Undo undo;
  std::set<std::string> kept;
  for (const auto& route : wanted) {
    kept.insert(route.destination);
    const auto before = installed.find(route.destination);
    if (before != installed.end() && before->second == route) continue;
    netns::put_route(links_, route);
    if (before == installed.end()) {
      installed.emplace(route.destination, route);
      undo.add([this, &installed, route] {
        installed.erase(route.destination);
        netns::delete_route(links_, route);
      });
    } else {
      undo.add([this, &installed, old = before->second] {
        installed.at(old.destination) = old;
        netns::put_route(links_, old);
      });
      before->second = route;
    }
  }
  for (auto each = installed.begin(); each != installed.end();) {
    if (kept.contains(each->first)) {
      ++each;
      continue;
    }
    netns::delete_route(links_, each->second);
    undo.add([this, &installed, old = each->second] {
      installed.emplace(old.destination, old);
      netns::put_route(links_, old);
    });
    each = installed.erase(each);
  }
  undo.dismiss();
}

void RouteTables::clear() {
  std::set<std::uint32_t> tables;
  for (const auto& route : netns::list_routes(links_, /*table=*/0)) {
    if (route.table <= kFirstSubnetTable || route.table > kFirstSubnetTable + kSubnetMask) continue;
    if (tables.insert(route.table).second) netns::delete_mark_rule(links_, rule_of(route.table));
    netns::delete_route(links_, route);
  }
  installed_.clear();
}

}  // namespace enibox::vpc
