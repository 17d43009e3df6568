#include "emulator/containers/image_reference.hpp"

#include <algorithm>

namespace enibox::containers {
namespace {

constexpr std::size_t kMaxRepositoryLength = 255;
constexpr std::size_t kMaxTagLength = 128;

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alnum(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z'); }

[[noreturn]] void refuse(const std::string& why = {}) {
  throw InvalidReference("invalid reference format" + (why.empty() ? "" : ": " + why));
}

// One part of a path: runs of [a-z0-9] held together by ".", "_", "__" or dashes.
bool is_path_component(std::string_view part) {
  if (part.empty() || !is_lower_alnum(part.front()) || !is_lower_alnum(part.back())) return false;
  for (std::size_t i = 0; i < part.size();) {
    if (is_lower_alnum(part[i])) {
      ++i;
      continue;
    }
    const auto end =
        std::find_if(part.begin() + static_cast<std::ptrdiff_t>(i), part.end(), is_lower_alnum) -
        part.begin();
    const auto separator = part.substr(i, static_cast<std::size_t>(end) - i);
    const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
    i = static_cast<std::size_t>(end);
  }
  return true;
}

bool is_path(std::string_view path) {
  while (true) {
    const auto slash = path.find('/');
    if (!is_path_component(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool is_domain(std::string_view domain) {
  const auto colon = domain.rfind(':');
  if (colon != std::string_view::npos) {
    const auto port = domain.substr(colon + 1);
    if (port.empty() || port.find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    domain = domain.substr(0, colon);
  }
  return !domain.empty() && is_alnum(domain.front()) && is_alnum(domain.back()) &&
         std::all_of(domain.begin(), domain.end(),
                     [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kMaxTagLength && (is_alnum(tag.front()) || tag[0] == '_') &&
         std::all_of(tag.begin(), tag.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

// Docker's rule: the first part names a registry if it has a dot or a colon, or is "localhost".
void split_domain(std::string_view name, ImageReference& out) {
  const auto slash = name.find('/');
  const auto first = name.substr(0, slash);
  const bool has_domain =
      slash != std::string_view::npos &&
      (first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
       std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
  out.domain = has_domain ? std::string(first) : "docker.io";
  if (out.domain == "index.docker.io") out.domain = "docker.io";
  out.path = has_domain ? name.substr(slash + 1) : name;
  if (out.domain == "docker.io" && out.path.find('/') == std::string::npos)
    out.path = "library/" + out.path;
}

}  // namespace

bool is_sha256_digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  return text.size() == kPrefix.size() + 64 && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

ImageReference parse_reference(std::string_view text) {
  ImageReference out;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    out.digest = text.substr(at + 1);
    if (!is_sha256_digest(out.digest)) refuse();
    text = text.substr(0, at);
  }
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
    out.tag = text.substr(colon + 1);
    if (!is_tag(out.tag)) refuse();
    text = text.substr(0, colon);
  } else if (out.digest.empty()) {
    out.tag = "latest";
  }
  split_domain(text, out);
  if (out.path.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos)
    refuse("repository name (" + out.path + ") must be lowercase");
  if (!is_domain(out.domain) || !is_path(out.path)) refuse();
  if (out.repository().size() > kMaxRepositoryLength)
    refuse("repository name must not be more than 255 characters");
  return out;
}

std::string ImageReference::canonical() const {
  return repository() + (tag.empty() ? "" : ":" + tag) + (digest.empty() ? "" : "@" + digest);
}

std::string ImageReference::familiar_repository() const {
  if (domain != "docker.io") return repository();
  return path.starts_with("library/") ? path.substr(8) : path;
}

std::string ImageReference::familiar() const {
  return familiar_repository() + (tag.empty() ? "" : ":" + tag) +
         (digest.empty() ? "" : "@" + digest);
}

}  // namespace enibox::containers
