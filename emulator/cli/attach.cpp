#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

#include "api/json.hpp"
#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/cli/control_client.hpp"
#include "emulator/cli/running_daemon.hpp"
#include "emulator/undo.hpp"
#include "emulator/vpc/cidr.hpp"
#include "netns/address.hpp"
#include "netns/link.hpp"
#include "netns/route.hpp"

namespace enibox::cli {

namespace {

constexpr const char* kHostDevice = "enibox0";

const Command kAttach{
    "attach",
    "[OPTION]...",
    "Gives this machine a route into one VPC, by a network interface of its own there. Root only.",
    {{"--vpc", "ID", "which VPC (default: the only one that is no default VPC)"},
     {"--security-group", "ID", "of the interface (several may be given; default: the VPC's own)",
      true},
     kDaemonOption},
    0,
    "The interface is called enibox0 here. Nothing else of this machine changes, and nothing does "
    "at "
    "all\nwhen one of its routes overlaps the VPC's addresses. 'enibox detach' takes it away; so "
    "does "
    "the\ndaemon's end."};

const Command kDetach{
    "detach", "[OPTION]...", "Takes away what 'enibox attach' gave this machine.", {kDaemonOption}};

std::string route_text(const netns::Route& route, netns::RouteSocket& host) {
  const auto link = netns::find_link(host, route.link_index);
  return route.destination + (route.gateway.empty() ? "" : " via " + route.gateway) +
         (link ? " dev " + link->name : "");
}

// What the machine already reaches by another way must stay so.
void refuse_overlaps(netns::RouteSocket& host, const std::vector<std::string>& blocks) {
  for (const auto& route : netns::list_routes(host)) {
    const auto there = vpc::Cidr::parse(route.destination);
    if (!there || there->is_everything()) continue;
    for (const auto& text : blocks) {
      const auto block = vpc::Cidr::parse(text);
      if (block && block->overlaps(*there))
        throw std::runtime_error("the VPC's " + text + " overlaps a route of this machine: " +
                                 route_text(route, host) + "; nothing was changed");
    }
  }
}

// The whole of the host's part; when it throws, the device still goes with the daemon's.
void take_device(const Running& running, const Json& guest) {
  const auto here = netns::Namespace::current();
  netns::RouteSocket host(here);
  const auto blocks = guest.at("VpcCidrs").get<std::vector<std::string>>();
  refuse_overlaps(host, blocks);
  if (netns::find_link(host, std::string(kHostDevice)))
    throw std::runtime_error(std::string("there is a device ") + kHostDevice + " already");
  const std::string path = "/proc/" + std::to_string(running.box.init.pid) + "/root" +
                           guest.at("NetnsPath").get<std::string>();
  netns::RouteSocket there(netns::Namespace::open(path));
  const auto device = netns::find_link(there, std::string("eth0"));
  if (!device) throw std::runtime_error("the daemon made no device");
  netns::move_link(there, device->index, here, kHostDevice);
  const auto arrived = netns::find_link(host, std::string(kHostDevice));
  if (!arrived) throw std::runtime_error("the device is gone");
  netns::set_up(host, arrived->index);
  const auto subnet = *vpc::Cidr::parse(guest.at("SubnetCidr").get<std::string>());
  const auto address = *vpc::IpAddress::parse(guest.at("PrivateIpAddress").get<std::string>());
  netns::put_address(host, arrived->index, {.prefix = subnet.with_prefix(address)});
  for (const auto& block : blocks)
    netns::put_route(
        host,
        {.destination = block, .gateway = subnet.host(1).text(), .link_index = arrived->index});
}

Json ask(const Running& running, const std::string& path, const Json& body) {
  ControlClient daemon(running.listen.front());
  const auto answer = daemon.ask("POST", path, body.dump());
  auto said = Json::parse(answer.body, nullptr, false);
  if (!said.is_object()) throw std::runtime_error("the daemon does not answer");
  if (answer.status == 200) return said;
  const auto code = said.value("code", "");
  throw std::runtime_error((code.empty() ? "" : code + ": ") + said.value("message", ""));
}

int attach(const Arguments& arguments) {
  if (::geteuid() != 0) throw std::runtime_error("only root can give this machine a route");
  const Running running = running_daemon(arguments, kAttach.name);
  const Json guest = ask(running, "/_enibox/attach",
                         {{"VpcId", arguments.value("--vpc").value_or("")},
                          {"SecurityGroupIds", arguments.values("--security-group")}});
  Undo undo;
  undo.add([&] { ask(running, "/_enibox/detach", Json::object()); });
  take_device(running, guest);
  undo.dismiss();
  std::printf("Attached to %s: %s is this machine's address there (%s, device %s).\n",
              guest.at("VpcId").get<std::string>().c_str(),
              guest.at("PrivateIpAddress").get<std::string>().c_str(),
              guest.at("NetworkInterfaceId").get<std::string>().c_str(), kHostDevice);
  return 0;
}

int detach(const Arguments& arguments) {
  const Json gone = ask(running_daemon(arguments, kDetach.name), "/_enibox/detach", Json::object());
  if (gone.empty()) {
    std::puts("This machine is attached to nothing.");
  } else {
    std::printf("Detached from %s.\n", gone.at("VpcId").get<std::string>().c_str());
  }
  return 0;
}

int run(const Command& command, std::span<const std::string> words, int (*work)(const Arguments&)) {
  const Arguments arguments = parse(command, words);
  if (arguments.wants_help()) {
    std::fputs(help_text(command).c_str(), stdout);
    return 0;
  }
  try {
    return work(arguments);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    const std::string prefix = "enibox " + std::string(command.name) + ": ";
    std::fprintf(stderr, "%s%s\n", text.starts_with("enibox") ? "" : prefix.c_str(), text.c_str());
    return 1;
  }
}

}  // namespace

int attach_command(std::span<const std::string> words) { return run(kAttach, words, attach); }
int detach_command(std::span<const std::string> words) { return run(kDetach, words, detach); }

}  // namespace enibox::cli
