#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/cli/listen.hpp"
#include "emulator/cli/paths.hpp"
#include "emulator/cli/porter.hpp"
#include "emulator/containers/image_store.hpp"

namespace enibox::cli {

namespace {

const Command kServe{
    "serve",
    "[OPTION]...",
    "Runs the emulator until SIGTERM or Ctrl-C.",
    {{"--listen", "ADDRESS",
      "where to answer, an IP address and a port (default 127.0.0.1:4566;\n"
      "port 0: any free one); may be given several times",
      true},
     {"--data-dir", "DIR",
      "keep everything in DIR: tasks run on when the daemon ends, and the\n"
      "next one takes them over"},
     {"--ephemeral", "", "leave nothing behind (the default)"},
     {"--account", "ID", "the AWS account, twelve digits (default 000000000000)"},
     {"--allow-host", "NAME",
      "also answer requests for this host name (default: IP addresses and\n"
      "localhost only); may be given several times",
      true},
     {"--auth", "KEY:SECRET",
      "verify signatures: an access key id that may sign, and its secret;\n"
      "may be given several times (default: any credentials will do)",
      true},
     {"--log-level", "LEVEL", "trace, debug, info (default), warn, error or off"},
     {"--durable", "", "answered writes survive a power cut, too (with --data-dir)"},
     {"--uplink", "",
      "join the internet that the tasks see to the host's network, by\n"
      "translation (needs root)"},
     {"--uplink-dns", "ADDRESS[:PORT]",
      "with --uplink: the resolver that is asked for names outside of the\n"
      "VPCs (default: those of /etc/resolv.conf); may be given several times",
      true},
     {"--flow-log-interval", "SECONDS",
      "aggregation interval of every VPC flow log, 1 to 600, whatever it was\n"
      "created with (for tests)"},
     {"--service-packet-rate", "PACKETS",
      "what each interface may send to the resolver of its VPC in a second\n"
      "(default 1024, as on AWS)"},
     {"--any-image", "",
      "launch instances from every well-formed image id: one that is not of\n"
      "Enibox's list boots Amazon Linux, ECS-optimized where the user data\n"
      "configures an agent (default: such an id is InvalidAMIID.NotFound)"},
     {"--image-store", "DIR", "where the container images are"}},
    0,
    "Exit status: the daemon's (0 after SIGTERM), 2 for a wrong command line, 3 when another\n"
    "daemon has the data dir, 128 + N when signal N killed the daemon."};

std::string account_of(const Arguments& arguments) {
  const std::string id = arguments.value("--account").value_or("000000000000");
  const bool digits =
      std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (id.size() != 12 || !digits) {
    throw UsageError("enibox serve: '" + id + "' is no AWS account; it has twelve digits");
  }
  return id;
}

std::map<std::string, std::string> auth_keys_of(const Arguments& arguments) {
  std::map<std::string, std::string> keys;
  for (const std::string& text : arguments.values("--auth")) {
    const auto colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
      throw UsageError("enibox serve: --auth takes KEY:SECRET, an access key id and its secret");
    }
    keys[text.substr(0, colon)] = text.substr(colon + 1);
  }
  return keys;
}

spdlog::level::level_enum level_of(const Arguments& arguments) {
  const std::string name = arguments.value("--log-level").value_or("info");
  static const std::vector<std::string_view> kNames{"trace", "debug", "info",
                                                    "warn",  "error", "off"};
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
    const auto meant = nearest(name, kNames);
    throw UsageError(
        "enibox serve: there is no log level '" + name + "'; " +
        (meant ? "did you mean " + *meant + "?" : "take trace, debug, info, warn, error or off"));
  }
  // spdlog knows the last two by other names, too.
  return name == "warn"    ? spdlog::level::warn
         : name == "error" ? spdlog::level::err
                           : spdlog::level::from_str(name);
}

// From 1 on.
std::optional<int> number_of(const Arguments& arguments, std::string_view option, int most,
                             const std::string& refusal) {
  const auto text = arguments.value(option);
  if (!text) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || number < 1 || number > most)
    throw UsageError("enibox serve: '" + *text + "' is " + refusal);
  return number;
}

// Resolved here, before the box: inside it everybody is root.
std::string image_store_of(const Arguments& arguments) {
  if (const auto given = arguments.value("--image-store")) return absolute_path(*given);
  return absolute_path(containers::default_image_store());
}

PorterOptions options_of(const Arguments& arguments) {
  if (arguments.has("--data-dir") && arguments.has("--ephemeral")) {
    throw UsageError("enibox serve: --data-dir and --ephemeral exclude each other");
  }
  if (arguments.has("--durable") && !arguments.has("--data-dir")) {
    throw UsageError("enibox serve: --durable needs --data-dir");
  }
  if (arguments.has("--uplink-dns") && !arguments.has("--uplink")) {
    throw UsageError("enibox serve: --uplink-dns needs --uplink");
  }
  PorterOptions options;
  auto listen = arguments.values("--listen");
  if (listen.empty()) listen.push_back(std::string(kDefaultListen));
  for (const std::string& text : listen) options.listen.push_back(parse_listen_address(text));
  if (const auto dir = arguments.value("--data-dir")) options.data_dir = absolute_path(*dir);
  options.image_store = image_store_of(arguments);
  options.account_id = account_of(arguments);
  options.allow_hosts = arguments.values("--allow-host");
  options.auth_keys = auth_keys_of(arguments);
  options.log_level = level_of(arguments);
  options.durable = arguments.has("--durable");
  options.uplink = arguments.has("--uplink");
  for (const std::string& text : arguments.values("--uplink-dns"))
    options.uplink_dns.push_back(parse_resolver_address(text));
  options.flow_log_interval_s = number_of(arguments, "--flow-log-interval", 600,
                                          "no flow log interval; take 1 to 600 seconds");
  options.service_packets_per_second = number_of(arguments, "--service-packet-rate", 1'000'000,
                                                 "no rate of packets; take 1 to 1000000 a second");
  options.any_image = arguments.has("--any-image");
  return options;
}

}  // namespace

int serve_command(std::span<const std::string> words) {
  const Arguments arguments = parse(kServe, words);
  if (arguments.wants_help()) {
    std::fputs(help_text(kServe).c_str(), stdout);
    return 0;
  }
  const PorterOptions options = options_of(arguments);
  // The log goes to standard error; standard output has the ready line and the last line.
  spdlog::set_default_logger(spdlog::stderr_color_mt("enibox"));
  spdlog::set_pattern("%H:%M:%S.%e %^%l%$ %v");
  spdlog::set_level(options.log_level);
  return run_porter(options);
}

}  // namespace enibox::cli
