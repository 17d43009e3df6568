#include "api/wire/dialect.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "api/error.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

constexpr std::string_view kFailure = "An internal failure occurred.";

constexpr std::array<Dialect, 8> kDialects{{
    {"ecs", Dialect::Style::ecs, "InvalidParameterException", "ServerException",
     "Service Unavailable. Please try again later."},
    {"ec2", Dialect::Style::ec2, "InvalidParameterValue", "InternalError",
     "An internal error has occurred"},
    {"ssm", Dialect::Style::counted, "ValidationException", "InternalServerError", kFailure},
    {"logs", Dialect::Style::counted, "InvalidParameterException", "ServiceUnavailableException",
     kFailure},
    {"sts", Dialect::Style::counted, "ValidationError", "InternalFailure", kFailure},
    {"iam", Dialect::Style::counted, "ValidationError", "ServiceFailure", kFailure},
    {"cloudwatch", Dialect::Style::cloudwatch, "ValidationError", "InternalServiceError", kFailure},
    {"", Dialect::Style::counted, "ValidationException", "InternalFailure", kFailure},
}};

// What ECS says of a member that is not there. Where the service's own sentence is known it is
// here; the others follow their pattern.
struct EcsMissing {
  std::string_view owner, member, code, message;
};
constexpr std::string_view kClient = "ClientException";
constexpr std::string_view kInvalid = "InvalidParameterException";
constexpr std::array<EcsMissing, 7> kEcsMissing{{
    {"RegisterTaskDefinitionRequest", "family", kClient, "Family should not be null or empty."},
    {"RegisterTaskDefinitionRequest", "containerDefinitions", kClient,
     "Container list cannot be empty."},
    {"DescribeTasksRequest", "tasks", kInvalid, "Tasks cannot be empty."},
    {"DescribeContainerInstancesRequest", "containerInstances", kInvalid,
     "Container instance cannot be empty."},
    {"StartTaskRequest", "containerInstances", kInvalid, "Container instances cannot be empty."},
    {"AwsVpcConfiguration", "subnets", kInvalid, "subnets can not be empty."},
    {"DeleteTaskDefinitionsRequest", "taskDefinitions", kInvalid,
     "Task definitions cannot be empty."},
}};

// Enums, by shape or by place.
struct LeftToHandler {
  std::string_view service, place;
};
constexpr std::array<LeftToHandler, 8> kLeftToHandlers{{
    {"ecs", "SettingName"},
    {"ecs", "LaunchType"},
    {"ecs", "UpdateContainerInstancesStateRequest.status"},
    {"ec2", "ResourceType"},
    {"ec2", "VpcAttributeName"},
    {"ec2", "InstanceAttributeName"},
    {"ec2", "NetworkInterfaceAttribute"},
    {"ec2", "DescribeInstanceTypesRequest.InstanceTypes"},
}};

std::string capitalised(std::string word) {
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] - 32);
  return word;
}

[[noreturn]] void refuse_counted(std::string_view code, const std::vector<Violation>& violations) {
  std::string message = std::to_string(violations.size()) + " validation error" +
                        (violations.size() == 1 ? "" : "s") + " detected: ";
  for (const Violation& violation : violations) {
    if (&violation != &violations.front()) message += "; ";
    message += "Value " + violation.value + (violation.value.empty() ? "" : " ") + "at '" +
               violation.path + "' failed to satisfy constraint: " + violation.constraint;
  }
  throw AwsError(std::string(code), message);
}

// CloudWatch Logs does not repeat a value that breaks a pattern.
std::vector<Violation> without_patterned(std::vector<Violation> violations) {
  for (auto& violation : violations) {
    if (violation.rule == Violation::Rule::pattern) violation.value.clear();
  }
  return violations;
}

// IAM's sentence for a name with characters it does not take; returns for all other violations.
void refuse_iam_name(const Violation& violation) {
  if (violation.rule != Violation::Rule::pattern) return;
  if (!violation.constraint.ends_with(" [\\w+=,.@-]+")) return;
  throw AwsError("ValidationError",
                 "The specified value for " + violation.path +
                     " is invalid. It must contain only alphanumeric characters and/or the "
                     "following: +=,.@_-");
}

[[noreturn]] void refuse_ecs_missing(const Operation& operation, const Violation& violation) {
  for (const EcsMissing& known : kEcsMissing) {
    if (known.owner == violation.owner && known.member == violation.member) {
      throw AwsError(std::string(known.code), std::string(known.message));
    }
  }
  const bool definition = operation.name == "RegisterTaskDefinition";
  throw AwsError(std::string(definition ? kClient : kInvalid),
                 capitalised(violation.member) + " can not be blank.");
}

// "MetricData.1.MetricName" -> "MetricData.member.1.MetricName": as a Query request spells it.
std::string with_members(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool begins = i > 0 && path[i - 1] == '.';
    if (begins && path[i] >= '0' && path[i] <= '9') out += "member.";
    out += path[i];
  }
  return out;
}

// EC2 tells the parameter as it was sent, but what CreateTags and DeleteTags miss by its own name.
std::string ec2_name(const Violation& violation) {
  const bool of_tags =
      violation.owner == "CreateTagsRequest" || violation.owner == "DeleteTagsRequest";
  if (of_tags && violation.member == "Resources") return "resourceIdSet";
  return violation.form_path;
}

// What changes the state of instances says this of none, not that a parameter is missing.
bool names_no_instances(const Violation& violation) {
  constexpr std::string_view kOwners[] = {"StartInstancesRequest", "StopInstancesRequest",
                                          "RebootInstancesRequest", "TerminateInstancesRequest"};
  return violation.member == "InstanceIds" &&
         std::ranges::find(kOwners, violation.owner) != std::end(kOwners);
}

[[noreturn]] void refuse_ec2(const Violation& violation) {
  if (violation.rule == Violation::Rule::required) {
    if (names_no_instances(violation)) {
      throw AwsError("InvalidParameterCombination", "No instances specified");
    }
    throw AwsError("MissingParameter",
                   "The request must contain the parameter " + ec2_name(violation));
  }
  std::string value = violation.element.empty() ? violation.value : violation.element;
  if (value.size() > 1 && value.front() == '\'') value = value.substr(1, value.size() - 2);
  if (violation.rule == Violation::Rule::value) {
    std::string name = violation.member;
    if (!name.empty())
      name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
    throw AwsError("InvalidParameterValue",
                   "Value ( " + value + " ) for parameter " + name +
                       " is invalid. Expecting a value " +
                       (violation.too_small ? "greater than " : "less than ") +
                       plain_number(Json(static_cast<std::int64_t>(violation.limit))) + ".");
  }
  throw AwsError("InvalidParameterValue",
                 "Invalid value '" + value + "' for " + violation.form_path + ".");
}

}  // namespace

void Dialect::refuse(const Operation& operation, const std::vector<Violation>& violations) const {
  const Violation& first = violations.front();
  switch (style) {
    case Style::ec2:
      refuse_ec2(first);
    case Style::ecs:
      if (first.rule == Violation::Rule::required) refuse_ecs_missing(operation, first);
      refuse_counted(operation.name == "RegisterTaskDefinition" ? kClient : validation_code,
                     violations);
    case Style::cloudwatch:
      if (first.rule == Violation::Rule::required) {
        throw AwsError("MissingParameter",
                       "The parameter " + with_members(first.form_path) + " is required.");
      }
      refuse_counted(validation_code, violations);
    default:
      if (service == "iam") refuse_iam_name(first);
      refuse_counted(validation_code,
                     service == "logs" ? without_patterned(violations) : violations);
  }
}

bool is_left_to_handler(const ServiceModel& model, const Violation& violation) {
  if (violation.rule != Violation::Rule::one_of) return false;
  const std::string place = violation.owner + "." + violation.member;
  return std::any_of(kLeftToHandlers.begin(), kLeftToHandlers.end(), [&](const auto& left) {
    return left.service == model.name() && (left.place == violation.shape || left.place == place);
  });
}

const Dialect& dialect_of(const ServiceModel& model) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.service.empty() || dialect.service == model.name()) return dialect;
  }
  return kDialects.back();
}

}  // namespace enibox::api
