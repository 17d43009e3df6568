#pragma once
#include <string>

namespace enibox::api {

// A fresh UUID, version 4. Unique, not secret: one for each request, without a system call.
std::string new_request_id();

}  // namespace enibox::api
