#pragma once
#include <cstddef>

#include "api/http/message.hpp"

namespace enibox::api::http {

// Undoes a request's Content-Encoding (gzip, aws-chunked, one in the other) and takes the header
// away. Throws AwsError: 415 for another coding, 413 when the body grows beyond `max_bytes`, 400
// for one that is broken.
void decode_content(Request& request, std::size_t max_bytes);

}  // namespace enibox::api::http
