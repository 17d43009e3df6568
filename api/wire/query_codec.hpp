#pragma once
#include <string>

#include "api/json.hpp"
#include "api/wire/form.hpp"
#include "api/wire/model.hpp"

// The two form protocols' requests. Pure functions.
namespace enibox::api {

// Members by request name; lists as "Names.member.1" (query), "Filter.1" (ec2), maps as
// "Tags.entry.1.key" (query). Indexes may have gaps; their order counts. Throws AwsError for values
// that are not of their type and, on EC2 as there, for parameters the operation has not.
Json decode_form(Protocol protocol, const Shape* shape, const Form& form);

}  // namespace enibox::api
