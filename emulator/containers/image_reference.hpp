#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

// The names of images, as Docker reads them (github.com/distribution/reference, "reference
// grammar"): [domain/]path[:tag][@digest]. "nginx" is docker.io/library/nginx:latest.
namespace enibox::containers {

// what() is Docker's text: "invalid reference format".
class InvalidReference : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ImageReference {
  std::string domain;  // "docker.io", "123456789012.dkr.ecr.us-east-1.amazonaws.com"
  std::string path;    // "library/nginx"
  std::string tag;     // "latest" unless given; empty when only a digest was given
  std::string digest;  // "sha256:<64 hex>"; empty: none. A digest beats a tag, as in Docker.

  bool operator==(const ImageReference&) const = default;

  std::string repository() const { return domain + "/" + path; }
  // The canonical name, which the store keeps: "docker.io/library/nginx:alpine".
  std::string canonical() const;
  // As docker prints it: "nginx:alpine", and the repository alone: "nginx".
  std::string familiar() const;
  std::string familiar_repository() const;
};

// Throws InvalidReference.
ImageReference parse_reference(std::string_view text);

// "sha256:" and 64 lower-case hex digits: the only form of digest taken.
bool is_sha256_digest(std::string_view text);

}  // namespace enibox::containers
