#pragma once
#include "api/wire/service.hpp"
#include "emulator/logs/log_store.hpp"

namespace enibox::logs {

// CloudWatch Logs for the wire. `store` outlives it. Loop thread only.
api::Service make_logs_service(LogStore& store);

}  // namespace enibox::logs
