#include "emulator/ec2/tag_rows.hpp"

#include <algorithm>

namespace enibox::ec2 {

void TagRows::put(const TagRow& row) { store::run_row(put_, row); }

void TagRows::erase(const std::string& resource_id, const std::string& key) {
  erase_.run(resource_id, key);
}

void TagRows::erase_all(const std::string& resource_id) { erase_all_.run(resource_id); }

std::vector<TagRow> TagRows::of(const std::string& resource_id) {
  return store::read_all<TagRow>(of_.query(resource_id));
}

std::vector<TagRow> TagRows::list(const std::string& region) {
  return store::read_all<TagRow>(list_.query(region));
}

std::vector<TagRow> TagRows::by_key(const std::string& region, const store::Stretch& stretch) {
  const auto slash = std::min(stretch.after.find('/'), stretch.after.size());
  const auto resource_id = stretch.after.substr(0, slash);
  const auto key = stretch.after.substr(std::min(slash + 1, stretch.after.size()));
  return store::read_all<TagRow>(by_key_.query(region, resource_id, key, stretch.most));
}

}  // namespace enibox::ec2
