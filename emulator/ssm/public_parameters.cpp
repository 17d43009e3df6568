#include "emulator/ssm/public_parameters.hpp"

#include <algorithm>

#include "api/json.hpp"
#include "emulator/ec2/images.hpp"

namespace enibox::ssm {
namespace {

constexpr std::int64_t kPublishedMs = 1'780'272'000'000;  // 2026-06-01

ParameterRow parameter(const std::string& region, const std::string& name, const std::string& value,
                       const char* data_type = "text") {
  ParameterRow row;
  row.region = region;
  row.name = name;
  row.type = "String";
  row.value = value;
  row.data_type = data_type;
  row.modified_ms = kPublishedMs;
  return row;
}

// .../recommended is JSON text, and each of its members a parameter below it.
void add_ecs(const ec2::Image& image, std::vector<ParameterRow>& rows) {
  const auto name = "/aws/service/ecs/optimized-ami/" + image.ecs_path + "/recommended";
  const nlohmann::ordered_json members = {
      {"ecs_agent_version", ec2::kEcsAgentVersion},
      {"ecs_runtime_version", "Docker version " + std::string(ec2::kEcsDockerVersion)},
      {"image_id", image.image_id},
      {"image_name", image.name},
      {"image_version", image.version},
      {"os", image.os},
      {"schema_version", 1},
      {"source_image_name", image.name}};
  rows.push_back(parameter(image.region, name, members.dump()));
  for (const auto& [key, value] : members.items()) {
    rows.push_back(parameter(image.region, name + "/" + key,
                             value.is_string() ? value.get<std::string>() : value.dump(),
                             key == "image_id" ? "aws:ec2:image" : "text"));
  }
}

}  // namespace

std::vector<ParameterRow> public_parameters(const std::string& region) {
  std::vector<ParameterRow> rows;
  for (const auto& image : ec2::images_of(region)) {
    if (image.ecs_path.empty()) {
      rows.push_back(parameter(region, image.parameter, image.image_id, "aws:ec2:image"));
    } else {
      add_ecs(image, rows);
    }
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return rows;
}

}  // namespace enibox::ssm
