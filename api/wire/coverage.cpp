#include "api/wire/coverage.hpp"

namespace enibox::api {

namespace {

std::string listed(const Json& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name.get<std::string>();
  return out.empty() ? "none" : out;
}

}  // namespace

Json coverage_json(const std::vector<Coverage>& table) {
  Json out = Json::object();
  for (const auto& [service, operation, served] : table) {
    if (!out.contains(service)) {
      out[service] = {{"served", Json::array()}, {"not_served", Json::array()}};
    }
    out[service][served ? "served" : "not_served"].push_back(operation);
  }
  return out;
}

std::string coverage_markdown(const std::vector<Coverage>& table) {
  const Json services = coverage_json(table);
  std::string sums = "| service | served | of |\n|---|---|---|\n", lists;
  for (const auto& [service, operations] : services.items()) {
    const auto served = operations["served"].size();
    sums += "| [" + service + "](#" + service + ") | " + std::to_string(served) + " | " +
            std::to_string(served + operations["not_served"].size()) + " |\n";
    lists += "\n## " + service + "\n\nServed: " + listed(operations["served"]) +
             ".\n\nNot served (HTTP 501, by name): " + listed(operations["not_served"]) + ".\n";
  }
  return "# Operations\n\nMade by the program itself from its tables; do not edit.\n\n" + sums +
         lists;
}

}  // namespace enibox::api
