#pragma once
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace enibox::containers {

// SHA-256 of bytes as they come. Throws std::runtime_error when OpenSSL refuses.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  std::string digest();  // "sha256:<64 hex>"; call once

 private:
  struct Release {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Release> context_;
};

std::string sha256_digest(std::string_view bytes);

}  // namespace enibox::containers
