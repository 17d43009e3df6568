#include "emulator/ssm/parameter_rows.hpp"

namespace enibox::ssm {

void ParameterRows::insert(const ParameterRow& row) { store::run_row(insert_, row); }

int ParameterRows::erase(const std::string& region, const std::string& name) {
  const int versions = erase_.run(region, name);
  erase_tags_.run(region, name);
  return versions;
}

void ParameterRows::erase_version(const std::string& region, const std::string& name,
                                  std::int64_t version) {
  erase_version_.run(region, name, version);
}

std::optional<ParameterRow> ParameterRows::latest(const std::string& region,
                                                  const std::string& name) {
  return store::read_one<ParameterRow>(latest_.query(region, name));
}

std::optional<ParameterRow> ParameterRows::version(const std::string& region,
                                                   const std::string& name, std::int64_t version) {
  return store::read_one<ParameterRow>(version_.query(region, name, version));
}

std::vector<ParameterRow> ParameterRows::history(const std::string& region,
                                                 const std::string& name) {
  return store::read_all<ParameterRow>(history_.query(region, name));
}

std::vector<ParameterRow> ParameterRows::list(const std::string& region,
                                              const std::string& prefix) {
  return store::read_all<ParameterRow>(list_.query(region, prefix));
}

std::optional<std::int64_t> ParameterRows::labelled(const std::string& region,
                                                    const std::string& name,
                                                    const std::string& label) {
  auto rows = labelled_.query(region, name, label);
  if (!rows.next()) return std::nullopt;
  return rows.integer(0);
}

void ParameterRows::put_label(const std::string& region, const std::string& name,
                              const std::string& label, std::int64_t version) {
  put_label_.run(region, name, label, version);
}

int ParameterRows::erase_label(const std::string& region, const std::string& name,
                               const std::string& label) {
  return erase_label_.run(region, name, label);
}

std::vector<std::string> ParameterRows::labels(const std::string& region, const std::string& name,
                                               std::int64_t version) {
  return store::read_texts(labels_.query(region, name, version));
}

Tags ParameterRows::tags(const std::string& region, const std::string& name) {
  Tags tags;
  auto rows = tags_.query(region, name);
  while (rows.next()) tags.emplace_back(rows.text(0), rows.text(1));
  return tags;
}

std::vector<NamedTag> ParameterRows::all_tags(const std::string& region) {
  return store::read_all<NamedTag>(all_tags_.query(region));
}

void ParameterRows::put_tag(const std::string& region, const std::string& name,
                            const std::string& key, const std::string& value) {
  put_tag_.run(region, name, key, value);
}

void ParameterRows::erase_tag(const std::string& region, const std::string& name,
                              const std::string& key) {
  erase_tag_.run(region, name, key);
}

}  // namespace enibox::ssm
