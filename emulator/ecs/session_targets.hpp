#pragma once
#include "emulator/ecs/ecs.hpp"
#include "emulator/ssm/session_operations.hpp"

namespace enibox::ecs {

// Where Session Manager's targets are: "i-..." is a running EC2 instance, "ecs:..." a container of
// a running task. Loop thread only.
class SessionTargets final : public ssm::Targets {
 public:
  explicit SessionTargets(Ecs& ecs) : ecs_(ecs) {}

  Place resolve(const std::string& region, const std::string& target) override;

 private:
  Place container(const std::string& region, const std::string& target,
                  const ssm::EcsTarget& parts);
  Place instance(const std::string& region, const std::string& target);

  Ecs& ecs_;
};

}  // namespace enibox::ecs
