#pragma once
#include <functional>
#include <utility>
#include <vector>

namespace enibox {

// The undo steps of a build-up, run backwards unless dismissed. A step that throws does not keep
// the others from running: undoing never stops at the first failure.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      try {
        (*step)();
      } catch (...) {  // NOLINT: the failure that led here is the one to report
      }
    }
  }

  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void dismiss() { steps_.clear(); }

 private:
  std::vector<std::function<void()>> steps_;
};

}  // namespace enibox
