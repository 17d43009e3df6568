#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/iam/iam_rows.hpp"

// The managed policies of AWS itself that ECS users name: facts of emulator/iam/aws_policies.json,
// read once. Any thread.
namespace enibox::iam {

struct AwsPolicy {
  PolicyRow row;
  PolicyVersionRow version;  // the default one, the only one that is kept
};

// By name.
const std::vector<AwsPolicy>& aws_policies();
const AwsPolicy* find_aws_policy(const std::string& arn);
// "arn:aws:iam::aws:policy/...", whether its policy is known here or not.
bool is_aws_policy(const std::string& arn);

}  // namespace enibox::iam
