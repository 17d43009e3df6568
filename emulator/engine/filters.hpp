#pragma once
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/engine/source.hpp"

// The `filters` parameter of the Engine API.
namespace enibox::engine {

class Filters {
 public:
  // {"label":{"a=b":true}} and the older {"label":["a=b"]}. Throws EngineError 400 for what is
  // neither and for a name that is not `known`.
  static Filters parse(const std::optional<std::string>& text,
                       std::initializer_list<std::string_view> known);

  const std::vector<std::string>& values(std::string_view name) const;
  bool has(std::string_view name) const { return !values(name).empty(); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// What `docker ps` asks for: the matching containers, newest first.
struct ListQuery {
  Filters filters;
  bool all = false;  // stopped ones too
  int limit = 0;     // the newest n, stopped ones too; 0: no limit
};
ListQuery parse_list_query(const std::optional<std::string>& filters, bool all,
                           const std::optional<std::string>& limit);
std::vector<EngineContainer> select(std::vector<EngineContainer> containers,
                                    const ListQuery& query);

// The container of that id, name or unambiguous id prefix. Throws EngineError 404 "No such
// container: x", 400 when several match.
const EngineContainer& find_container(const std::vector<EngineContainer>& containers,
                                      const std::string& reference);
// By id (with or without "sha256:", also a prefix) or tag; a name without tag means ":latest".
const EngineImage* find_image(const std::vector<EngineImage>& images, const std::string& reference);

}  // namespace enibox::engine
