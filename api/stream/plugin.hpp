#pragma once
#include "api/stream/plugin_arguments.hpp"

namespace enibox::stream {

// Runs one session from connecting to its end: the user's terminal on one side, the session's
// stream URL on the other. Gives the process' exit status: that of a non-interactive command when
// the far side tells it, 0 after an ordinary end, 1 when the session could not be held. Every wait
// is bounded, save the one for a living session.
int run_plugin(const PluginArguments& session);

}  // namespace enibox::stream
