#pragma once
#include <optional>
#include <string>

#include "emulator/ec2/images.hpp"
#include "emulator/ec2/state.hpp"

// The images an account may launch: EC2's own and those it made. Errors: AwsError. Loop thread
// only.
namespace enibox::ec2 {

struct UsableImage {
  Image image;                    // of a user's image: what the image it boots says, renamed
  std::optional<ImageRow> own{};  // set: a user made it
  std::string base_image_id;      // EC2's own image that is booted
};

std::optional<UsableImage> find_usable_image(Ec2State& ec2, const std::string& region,
                                             const std::string& image_id);
// Throws InvalidAMIID.Malformed, InvalidAMIID.NotFound.
UsableImage require_image(Ec2State& ec2, const std::string& region, const std::string& image_id);

// [BlockDeviceMapping] of the image: the root device first.
Json image_mappings(const UsableImage& image);

}  // namespace enibox::ec2
