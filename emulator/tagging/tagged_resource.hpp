#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

// A resource with tags, as the services name it to each other. Pure.
namespace enibox {

struct TaggedResource {
  std::string arn;
  std::string type;  // "ec2:vpc", "ecs:cluster": what a resource type filter names
  std::map<std::string, std::string> tags;
};

// A row of a service that names its resources by name.
struct NamedTag {
  std::string name, key, value;
  static auto fields(auto& r, auto&& visit) { return visit(r.name, r.key, r.value); }
};

// Puts a tag onto the last resource, or begins a new one where the ARN is another: for rows that
// come ordered by resource.
inline void add_tag(std::vector<TaggedResource>& all, const std::string& arn,
                    const std::string& type, const std::pair<std::string, std::string>& tag) {
  if (all.empty() || all.back().arn != arn) all.push_back({arn, type, {}});
  all.back().tags.insert(tag);
}

}  // namespace enibox
