#pragma once
#include <string>

#include "api/wire/service.hpp"
#include "emulator/ec2/state.hpp"

// Tags of EC2 resources. Errors: AwsError (InvalidParameterValue, TagLimitExceeded). Loop thread
// only.
namespace enibox::ec2 {

// [{"Key": .., "Value": ..}], by key.
Json tags_json(Ec2State& ec2, const std::string& resource_id);

// Puts the input's TagSpecifications for `resource_type` ("vpc") onto a new resource. Types beside
// it are refused, unless they are in `also` (RunInstances tags several kinds).
struct TagTarget {
  std::string resource_id, resource_type;
};
void tag_new(Ec2State& ec2, const std::string& region, const Json& in, const TagTarget& target,
             const std::vector<std::string>& also = {});

// Checks and puts one tag.
void put_tag(Ec2State& ec2, const std::string& region, const TagTarget& target, const Json& tag);

// Throws the resource's "not found" unless it is there; InvalidID for an id of no kind.
void require_resource(Ec2State& ec2, const std::string& region, const std::string& resource_id);

// "vpc" of "vpc-0123", by the prefix of an id; empty when no resource has it.
std::string resource_type_of(const std::string& resource_id);

}  // namespace enibox::ec2
