#pragma once
#include <cstdint>
#include <string>
#include <vector>

// What writes into CloudWatch Logs from inside: the awslogs driver, flow logs.
namespace enibox::logs {

struct Event {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Throws AwsError ResourceNotFoundException "The specified log group does not exist."
  virtual void create_stream(const std::string& region, const std::string& group,
                             const std::string& stream) = 0;  // one that is there is fine
  virtual void create_group(const std::string& region, const std::string& group) = 0;
  virtual void append(const std::string& region, const std::string& group,
                      const std::string& stream, const std::vector<Event>& events) = 0;
};

}  // namespace enibox::logs
