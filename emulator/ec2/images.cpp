#include "emulator/ec2/images.hpp"

#include <cstdint>
#include <cstdio>

namespace enibox::ec2 {
namespace {

struct Row {
  std::string_view name, description, architecture, os, version, ecs_path, parameter;
};

constexpr std::string_view kAl2 = "Amazon Linux 2";
constexpr std::string_view kAl2023 = "Amazon Linux 2023";
constexpr std::string_view kPlain = "/aws/service/ami-amazon-linux-latest/";

constexpr Row kImages[] = {
    {"amzn2-ami-ecs-hvm-2.0.20260601-x86_64-ebs",
     "Amazon Linux AMI 2.0.20260601 x86_64 ECS HVM GP2", "x86_64", kAl2, "2.0.20260601",
     "amazon-linux-2", ""},
    {"amzn2-ami-ecs-hvm-2.0.20260601-arm64-ebs", "Amazon Linux AMI 2.0.20260601 arm64 ECS HVM GP2",
     "arm64", kAl2, "2.0.20260601", "amazon-linux-2/arm64", ""},
    {"amzn2-ami-ecs-kernel-5.10-hvm-2.0.20260601-x86_64-ebs",
     "Amazon Linux AMI 2.0.20260601 x86_64 ECS kernel-5.10 HVM GP2", "x86_64", kAl2, "2.0.20260601",
     "amazon-linux-2/kernel-5.10", ""},
    {"amzn2-ami-ecs-kernel-5.10-hvm-2.0.20260601-arm64-ebs",
     "Amazon Linux AMI 2.0.20260601 arm64 ECS kernel-5.10 HVM GP2", "arm64", kAl2, "2.0.20260601",
     "amazon-linux-2/kernel-5.10/arm64", ""},
    {"al2023-ami-ecs-hvm-2023.0.20260601-kernel-6.1-x86_64",
     "Amazon Linux AMI 2023.0.20260601 x86_64 ECS HVM EBS", "x86_64", kAl2023, "2023.0.20260601",
     "amazon-linux-2023", ""},
    {"al2023-ami-ecs-hvm-2023.0.20260601-kernel-6.1-arm64",
     "Amazon Linux AMI 2023.0.20260601 arm64 ECS HVM EBS", "arm64", kAl2023, "2023.0.20260601",
     "amazon-linux-2023/arm64", ""},
    {"al2023-ami-2023.7.20260601.0-kernel-6.1-x86_64",
     "Amazon Linux 2023 AMI 2023.7.20260601.0 x86_64 HVM kernel-6.1", "x86_64", kAl2023,
     "2023.7.20260601.0", "", "al2023-ami-kernel-6.1-x86_64"},
    {"al2023-ami-2023.7.20260601.0-kernel-6.1-arm64",
     "Amazon Linux 2023 AMI 2023.7.20260601.0 arm64 HVM kernel-6.1", "arm64", kAl2023,
     "2023.7.20260601.0", "", "al2023-ami-kernel-6.1-arm64"},
    {"amzn2-ami-hvm-2.0.20260601.0-x86_64-gp2", "Amazon Linux 2 AMI 2.0.20260601.0 x86_64 HVM gp2",
     "x86_64", kAl2, "2.0.20260601.0", "", "amzn2-ami-hvm-x86_64-gp2"},
    {"amzn2-ami-hvm-2.0.20260601.0-arm64-gp2", "Amazon Linux 2 AMI 2.0.20260601.0 arm64 HVM gp2",
     "arm64", kAl2, "2.0.20260601.0", "", "amzn2-ami-hvm-arm64-gp2"},
};

// FNV-1a of region and name, spelled as an id.
std::string stable_id(std::string_view region, std::string_view name) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const auto part : {region, name}) {
    for (const char c : part) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    }
  }
  char digits[24];
  std::snprintf(digits, sizeof digits, "ami-0%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

Image image_of(const std::string& region, const Row& row) {
  return {.image_id = stable_id(region, row.name),
          .region = region,
          .name = std::string(row.name),
          .description = std::string(row.description),
          .architecture = std::string(row.architecture),
          .os = std::string(row.os),
          .version = std::string(row.version),
          .ecs_path = std::string(row.ecs_path),
          .parameter = row.parameter.empty() ? std::string()
                                             : std::string(kPlain) + std::string(row.parameter)};
}

}  // namespace

std::vector<Image> images_of(const std::string& region) {
  std::vector<Image> images;
  for (const auto& row : kImages) images.push_back(image_of(region, row));
  return images;
}

std::optional<Image> find_image(const std::string& region, std::string_view image_id) {
  for (const auto& row : kImages) {
    if (stable_id(region, row.name) == image_id) return image_of(region, row);
  }
  return std::nullopt;
}

}  // namespace enibox::ec2
