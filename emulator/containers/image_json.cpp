#include "emulator/containers/image_json.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "netns/handle.hpp"

namespace enibox::containers {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;

json member(const json& object, const std::string& name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found == object.end() ? json() : *found;
}

[[noreturn]] void wrong_type(const std::string& name, const char* wanted) {
  throw ImageError("the image's member " + name + " is not " + wanted);
}

}  // namespace

std::string read_document(const std::string& file, const std::string& shown,
                          std::int64_t max_bytes) {
  netns::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) netns::throw_errno("open " + file);
  std::string out;
  char buffer[64 * 1024];
  while (true) {
    const auto n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) netns::throw_errno("read " + file);
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
    if (static_cast<std::int64_t>(out.size()) > max_bytes)
      throw ImageError(shown + " has more than " + std::to_string(max_bytes) + " bytes");
  }
}

json parse_document(const std::string& text, const std::string& shown) {
  const auto bounded = [&](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) throw ImageError(shown + " is nested too deep");
    return true;
  };
  try {
    return json::parse(text, bounded);
  } catch (const json::exception&) {
    throw ImageError(shown + " is not valid JSON");
  }
}

json object_member(const json& object, const std::string& name) {
  auto found = member(object, name);
  if (found.is_null()) return json::object();
  if (!found.is_object()) wrong_type(name, "an object");
  return found;
}

std::string string_member(const json& object, const std::string& name) {
  const auto found = member(object, name);
  if (found.is_null()) return {};
  if (!found.is_string()) wrong_type(name, "a string");
  return found.get<std::string>();
}

std::vector<std::string> strings_member(const json& object, const std::string& name) {
  const auto found = member(object, name);
  std::vector<std::string> out;
  if (found.is_null()) return out;
  if (!found.is_array()) wrong_type(name, "a list");
  for (const auto& item : found) {
    if (!item.is_string()) wrong_type(name, "a list of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

}  // namespace enibox::containers
