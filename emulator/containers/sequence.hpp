#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace enibox::containers {

// Operations on one thing, one after the other, in the order they came: a container's removal waits
// for its start. Loop thread only.
class Sequence {
 public:
  // Called once, by the operation, when it is through.
  using Finished = std::function<void()>;
  using Operation = std::function<void(Finished)>;

  void run(const std::string& key, Operation operation) {
    auto& queue = queues_[key];
    queue.push_back(std::move(operation));
    if (queue.size() == 1) start(key);
  }

 private:
  void start(const std::string& key) {
    const auto operation = queues_.at(key).front();
    operation([this, key] {
      auto& queue = queues_.at(key);
      queue.pop_front();
      if (queue.empty())
        queues_.erase(key);
      else
        start(key);
    });
  }

  std::map<std::string, std::deque<Operation>> queues_;
};

}  // namespace enibox::containers
