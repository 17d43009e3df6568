#pragma once
#include <optional>
#include <string>
#include <vector>

#include "api/error.hpp"
#include "api/json.hpp"
#include "emulator/clock.hpp"
#include "emulator/ssm/parameter_rows.hpp"

// The rules of Parameter Store. Errors: AwsError with SSM's codes. Loop thread only.
namespace enibox::ssm {

// A parameter as a request named it.
struct FoundParameter {
  ParameterRow row;
  std::string selector;  // ":3" or ":label", as asked for
};

class ParameterStore {
 public:
  ParameterStore(store::Database& db, const Clock& clock) : db_(db), clock_(clock), rows_(db) {}

  // The new version's row. Throws ParameterAlreadyExists, ValidationException,
  // ParameterPatternMismatchException, HierarchyTypeMismatchException,
  // ParameterMaxVersionLimitExceeded.
  ParameterRow put(const std::string& region, const Json& in);
  // `name` may be an ARN and end with ":version" or ":label". Nothing when there is none. Throws
  // ParameterVersionNotFound.
  std::optional<FoundParameter> find(const std::string& region, const std::string& name);
  // How a parameter of that name is stored: at the root "/a" and "a" are one. The name itself when
  // there is none.
  std::string stored_name(const std::string& region, const std::string& name);
  // Every parameter, AWS's public ones too when `prefix` is theirs; by name.
  std::vector<ParameterRow> list(const std::string& region, const std::string& prefix);
  ParameterRows& rows() { return rows_; }

 private:
  ParameterRow next_version(const std::string& region, const std::string& name, const Json& in);

  store::Database& db_;
  const Clock& clock_;
  ParameterRows rows_;
};

AwsError parameter_not_found(const std::string& name);
AwsError parameter_version_not_found(const std::string& name, const std::string& version);

}  // namespace enibox::ssm
