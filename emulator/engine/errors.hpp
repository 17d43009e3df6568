#pragma once
#include <stdexcept>
#include <string>

namespace enibox::engine {

// An answer of the Engine API that is no success: {"message": what()}. Thrown where the rule is
// known and caught where the request is answered, as AwsError is on the other side.
class EngineError : public std::runtime_error {
 public:
  EngineError(unsigned status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  unsigned status() const { return status_; }

 private:
  unsigned status_;
};

}  // namespace enibox::engine
