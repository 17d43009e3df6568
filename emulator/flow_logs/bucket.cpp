#include "emulator/flow_logs/bucket.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace enibox::flow_logs {
namespace {

bool is_bucket_name(const std::string& name) {
  const auto allowed = [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '.';
  };
  return name.size() >= 3 && name.size() <= 63 && name.find("..") == std::string::npos &&
         std::isalnum(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(), allowed);
}

// AWSLogs is AWS's own folder.
bool is_folder(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." && name != "AWSLogs" &&
         std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return std::iscntrl(c) != 0; });
}

bool is_prefix(const std::string& prefix) {
  std::size_t at = 0;
  while (at <= prefix.size()) {
    const auto end = std::min(prefix.find('/', at), prefix.size());
    if (!is_folder(std::string_view(prefix).substr(at, end - at))) return false;
    at = end + 1;
  }
  return prefix.size() <= 512;
}

}  // namespace

std::optional<Bucket> parse_bucket(const std::string& arn) {
  constexpr std::string_view kService = ":s3:::";
  const auto at = arn.find(kService);
  if (!arn.starts_with("arn:aws") || at == std::string::npos) return std::nullopt;
  const std::string path = arn.substr(at + kService.size());
  const auto slash = path.find('/');
  Bucket bucket;
  bucket.name = path.substr(0, slash);
  if (slash != std::string::npos) {
    bucket.prefix = path.substr(slash + 1);
    while (bucket.prefix.ends_with('/')) bucket.prefix.pop_back();
  }
  if (!is_bucket_name(bucket.name)) return std::nullopt;
  if (!bucket.prefix.empty() && !is_prefix(bucket.prefix)) return std::nullopt;
  return bucket;
}

}  // namespace enibox::flow_logs
