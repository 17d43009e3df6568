// The one instantiation of nlohmann::json that precompiled.hpp promises every other file.
#include "cmake/precompiled.hpp"

template class nlohmann::basic_json<>;
