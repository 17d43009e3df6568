#include "api/wire/pattern.hpp"

#include <stdexcept>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace enibox::api {

namespace {

template <typename T, void (*release)(T*)>
struct Release {
  void operator()(T* handle) const { release(handle); }
};
template <typename T, void (*release)(T*)>
using Owner = std::unique_ptr<T, Release<T, release>>;

using CodeOwner = Owner<pcre2_code, pcre2_code_free>;
using MatchOwner = Owner<pcre2_match_data, pcre2_match_data_free>;
using ContextOwner = Owner<pcre2_match_context, pcre2_match_context_free>;

constexpr std::uint32_t kStepLimit = 1'000'000;
constexpr std::uint32_t kHeapLimitKib = 4096;

}  // namespace

struct Pattern::Code {
  CodeOwner code;
  ContextOwner limits;
};

Pattern::Pattern(const std::string& expression, Scope scope) : code_(std::make_unique<Code>()) {
  // ALT_BSUX: the models are written for Java, whose \u0020 PCRE reads only so.
  const std::uint32_t options =
      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY |
      (scope == Scope::kWhole ? PCRE2_ALT_BSUX | PCRE2_ANCHORED | PCRE2_ENDANCHORED
                              : PCRE2_MATCH_INVALID_UTF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()),
                                  expression.size(), options, &error, &offset, nullptr));
  if (!code_->code) {
    throw std::invalid_argument("pattern " + expression + ": error " + std::to_string(error) +
                                " at " + std::to_string(offset));
  }
  code_->limits.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(code_->limits.get(), kStepLimit);
  pcre2_set_heap_limit(code_->limits.get(), kHeapLimitKib);
}

Pattern::~Pattern() = default;

bool Pattern::matches(std::string_view value) const {
  MatchOwner match(pcre2_match_data_create(1, nullptr));
  return pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(value.data()), value.size(), 0,
                     0, match.get(), code_->limits.get()) >= 0;
}

}  // namespace enibox::api
