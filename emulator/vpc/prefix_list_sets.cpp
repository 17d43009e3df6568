#include "emulator/vpc/prefix_list_sets.hpp"

#include <system_error>
#include <utility>

namespace enibox::vpc {
namespace {

// nft refuses nested intervals in one set.
std::set<Cidr> blocks_of(const PrefixListSpec& list) {
  std::set<Cidr> blocks;
  for (const auto& text : list.cidrs) {
    const auto block = Cidr::parse(text);
    if (!block)
      throw std::system_error(EINVAL, std::generic_category(),
                              list.prefix_list_id + ": block '" + text + "'");
    if (!block->is_v6()) blocks.insert(*block);
  }
  return outermost(blocks);
}

Elements elements_of(const std::string& id, const std::set<Cidr>& blocks) {
  Elements all;
  for (const auto& block : blocks) all[in_table(id)].push_back({block.text(), {}});
  return all;
}

}  // namespace

Commands PrefixListSets::put(const PrefixListSpec& spec) {
  check_id(spec.prefix_list_id, "pl-");
  auto blocks = blocks_of(spec);
  List& list = lists_[spec.prefix_list_id];
  list.spec = spec;
  const auto before = std::exchange(list.blocks, std::move(blocks));
  Commands out;
  if (list.namers == 0) return out;
  const auto gone = elements_of(spec.prefix_list_id, before);
  const auto come = elements_of(spec.prefix_list_id, list.blocks);
  delete_elements(out, without(gone, come));
  add_elements(out, without(come, gone));
  return out;
}

Commands PrefixListSets::remove(const std::string& id) {
  if (!find(id)) return {};
  Commands out = put({id, {}});
  lists_.at(id).spec.reset();
  forget_if_unused(id);
  return out;
}

std::optional<PrefixListSpec> PrefixListSets::find(const std::string& id) const {
  const auto found = lists_.find(id);
  return found == lists_.end() ? std::nullopt : found->second.spec;
}

void PrefixListSets::need(const std::string& id, Commands& out) {
  List& list = lists_[id];
  if (list.namers++ == 0) add(id, list, out);
}

void PrefixListSets::release(const std::string& id, Commands& out) {
  if (--lists_.at(id).namers > 0) return;
  delete_set(out, id);
  forget_if_unused(id);
}

void PrefixListSets::render(Commands& out) const {
  for (const auto& [id, list] : lists_)
    if (list.namers > 0) add(id, list, out);
}

void PrefixListSets::forget_if_unused(const std::string& id) {
  const auto found = lists_.find(id);
  if (!found->second.spec && found->second.namers == 0) lists_.erase(found);
}

void PrefixListSets::add(const std::string& id, const List& list, Commands& out) {
  add_set(out, id, "ipv4_addr; flags interval");
  add_elements(out, elements_of(id, list.blocks));
}

}  // namespace enibox::vpc
