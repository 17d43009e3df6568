#pragma once
#include <string>

namespace enibox::engine {

// A listening unix socket at that path with that mode, close-on-exec; whatever was there before is
// replaced. The directory may be deeper than a socket address is long (108 bytes). Throws
// std::system_error.
int listen_at(const std::string& directory, const std::string& name, unsigned mode);

}  // namespace enibox::engine
