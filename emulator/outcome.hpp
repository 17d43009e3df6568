#pragma once
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace enibox {

// What a background job gave: a value, or the exception it ended with.
template <typename T>
class Outcome {
 public:
  Outcome(T value) : state_(std::move(value)) {}                   // NOLINT: implicit on purpose
  Outcome(std::exception_ptr error) : state_(std::move(error)) {}  // NOLINT

  bool ok() const { return std::holds_alternative<T>(state_); }
  // The value, or rethrows.
  T& get() {
    if (auto* error = std::get_if<std::exception_ptr>(&state_)) std::rethrow_exception(*error);
    return std::get<T>(state_);
  }
  // The text of the error; empty when ok.
  std::string error() const {
    if (ok()) return {};
    try {
      std::rethrow_exception(std::get<std::exception_ptr>(state_));
    } catch (const std::exception& e) {
      return e.what();
    } catch (...) {
      return "unknown error";
    }
  }

 private:
  std::variant<T, std::exception_ptr> state_;
};

struct Nothing {};

// Called exactly once, on the loop thread.
template <typename T>
using Done = std::function<void(Outcome<T>)>;

}  // namespace enibox
