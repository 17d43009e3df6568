#pragma once
#include <string>

#include "emulator/ec2/state.hpp"
#include "emulator/ec2/usable_images.hpp"

// What an instance was launched with beside its columns: InstanceRow::options, a JSON object.
// Members DescribeInstances shows are in its own spelling (Placement, CpuOptions, ...); besides
// there are CpuCredits, ProfileAssociationId and BaseImageId. Errors: AwsError. Loop thread only.
namespace enibox::ec2 {

// Of a RunInstances input. Throws InvalidParameterCombination and its like.
Json instance_options(const Json& in, const std::string& instance_type, const std::string& tenancy);

// The members of Instance among the options.
void show_options(const Json& options, Json& instance);

bool is_burstable(const std::string& instance_type);
// "standard" or "unlimited"; what a type begins with when nothing is said.
std::string default_cpu_credits(const std::string& instance_type);

// The volumes a RunInstances input asks for, over those of the image; the root device leads.
// Without ids. Throws InvalidBlockDeviceMapping, InvalidParameterValue.
std::vector<VolumeRow> wanted_volumes(const UsableImage& image, const Json& in);

// volume_operations.cpp: on the way to terminated: those that say so go, the others are detached.
void release_volumes(Ec2State& ec2, const std::string& instance_id);

}  // namespace enibox::ec2
