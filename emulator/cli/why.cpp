#include <cstdio>
#include <stdexcept>

#include "emulator/cli/commands.hpp"
#include "emulator/cli/control_client.hpp"
#include "emulator/cli/running_daemon.hpp"
#include "emulator/cli/why_text.hpp"

namespace enibox::cli {
namespace {

constexpr int kExitReachable = 0;
constexpr int kExitNotReachable = 1;
constexpr int kExitNoAnswer = 2;

std::string ask(const WhyRequest& request) {
  ControlClient daemon(running_daemon(request.arguments, "why").listen.front());
  const auto answer = daemon.ask("POST", "/_enibox/why", request.question.dump());
  if (answer.status == 200) return answer.body;
  const auto said = Json::parse(answer.body, nullptr, false);
  const auto message = said.is_object() ? said.value("message", "") : "";
  throw std::runtime_error(
      "enibox why: " +
      (message.empty() ? "the daemon answers " + std::to_string(answer.status) : message));
}

}  // namespace

int why_command(std::span<const std::string> words) {
  const WhyRequest request = parse_why(words);
  if (request.arguments.wants_help()) {
    std::fputs(why_help().c_str(), stdout);
    return 0;
  }
  try {
    const auto body = ask(request);
    const auto answer = Json::parse(body);
    std::fputs((request.arguments.has("--json") ? body : why_text(answer)).c_str(), stdout);
    return answer.at("Reachable").get<bool>() ? kExitReachable : kExitNotReachable;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kExitNoAnswer;
  }
}

}  // namespace enibox::cli
