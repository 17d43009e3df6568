#pragma once
#include <spdlog/spdlog.h>

#include <exception>

namespace enibox::api::http {

// Runs a callback of a user of this layer. What it throws ends its connection, not the loop; false
// then.
template <typename Callback, typename... Arguments>
bool guarded(const char* what, const Callback& callback, Arguments&&... arguments) {
  if (!callback) return true;
  try {
    callback(std::forward<Arguments>(arguments)...);
    return true;
  } catch (const std::exception& error) {
    spdlog::error("http: {} failed: {}", what, error.what());
  }
  return false;
}

}  // namespace enibox::api::http
