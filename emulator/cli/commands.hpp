#pragma once
#include <span>
#include <string>

// One function a command of the program; `words` are the arguments behind the command's name.
// Each returns the exit status, prints its own results and throws UsageError for a wrong command
// line.
namespace enibox::cli {

int serve_command(std::span<const std::string> words);
int stop_command(std::span<const std::string> words);
int image_command(std::span<const std::string> words);
int doctor_command(std::span<const std::string> words);
int env_command(std::span<const std::string> words);
int in_vpc_command(std::span<const std::string> words);
int topology_command(std::span<const std::string> words);
int why_command(std::span<const std::string> words);
int attach_command(std::span<const std::string> words);
int detach_command(std::span<const std::string> words);
int version_command(std::span<const std::string> words);

}  // namespace enibox::cli
