#pragma once
#include <string>
#include <vector>

#include "api/json.hpp"
#include "emulator/ssm/parameter_store.hpp"

// The ParameterFilters of DescribeParameters and GetParametersByPath. Errors: AwsError
// (InvalidFilterKey, InvalidFilterOption, InvalidFilterValue, ValidationException). Loop thread
// only.
namespace enibox::ssm {

enum class FilterUse { describe, by_path };

// Throws for what Parameter Store refuses: unknown keys, options and values, repeated keys.
void check_filters(const Json& filters, FilterUse use);

// Keeps the rows that pass every filter.
void apply_filters(ParameterStore& store, const Json& filters, std::vector<ParameterRow>& rows);

// Throws ValidationException unless it is a path of parameter names.
void check_path(const std::string& path);

// "/a" holds "/a/b"; recursively also "/a/b/c". "/" also holds names without any slash.
bool under_path(const std::string& name, std::string path, bool recursive);

}  // namespace enibox::ssm
