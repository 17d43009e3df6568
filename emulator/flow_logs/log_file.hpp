#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "emulator/flow_logs/collector.hpp"

namespace enibox::flow_logs {

// The name of a log file below the folder that stands for S3. AWS: VPC User Guide, "Flow log
// files". `unique` is the hash in the end.
std::string log_file_path(const FlowLogSpec& log, std::int64_t ended_ms, const std::string& unique);

// Writes a file of records, compressed, its header first; it is there complete or not at all.
// Throws std::system_error.
void write_log_file(const std::string& directory, const FlowLogSpec& log,
                    const std::vector<std::string>& lines, std::int64_t ended_ms);

}  // namespace enibox::flow_logs
