#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The machine images there are: Amazon Linux and its ECS-optimized forms. Their ids are made of the
// region and the name, so that they are the same on every machine and in every run. Pure, any
// thread.
namespace enibox::ec2 {

struct Image {
  std::string image_id;  // "ami-0123456789abcdef0"
  std::string region;
  std::string name;  // "amzn2-ami-ecs-hvm-2.0.20260601-x86_64-ebs"
  std::string description;
  std::string architecture;  // x86_64, arm64
  std::string os;            // "Amazon Linux 2"
  std::string version;       // "2.0.20260601"
  std::string ecs_path;      // "amazon-linux-2/arm64": of its public parameter; empty: no ECS agent
  std::string parameter;     // of images without an agent: their whole public parameter
};

std::vector<Image> images_of(const std::string& region);
std::optional<Image> find_image(const std::string& region, std::string_view image_id);

inline constexpr std::string_view kEcsAgentVersion = "1.105.1";
inline constexpr std::string_view kEcsDockerVersion = "25.0.14";

}  // namespace enibox::ec2
