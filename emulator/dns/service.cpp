#include "emulator/dns/service.hpp"

#include <spdlog/spdlog.h>

#include <vector>

namespace enibox::dns {
namespace {

constexpr std::uint16_t kPort = 53;

}  // namespace

void DnsService::forget_gone() {
  std::set<std::string> vpc_ids;
  for (const auto& [service, slot] : ports_) vpc_ids.insert(service.vpc_id);
  for (const auto& vpc_id : vpc_ids) vpc_changed(vpc_id);
}

std::set<vpc::LocalService> DnsService::wanted(const std::string& vpc_id) {
  const auto vpc = ec2_.vpc_dns(vpc_id);
  if (!vpc || !vpc->support) return {};
  std::set<vpc::LocalService> services;
  for (const auto& address : {vpc->resolver, std::string(kLinkLocalResolver)})
    for (const char* protocol : {"udp", "tcp"}) services.insert({vpc_id, address, protocol, kPort});
  return services;
}

void DnsService::vpc_changed(const std::string& vpc_id) {
  const auto services = wanted(vpc_id);
  std::vector<vpc::LocalService> gone;
  for (const auto& [service, slot] : ports_)
    if (service.vpc_id == vpc_id && !services.contains(service)) gone.push_back(service);
  for (const auto& service : gone) {
    ports_.erase(service);
    network_.close_service(service, {});
  }
  for (const auto& service : services)
    if (!ports_.contains(service)) open(service);
}

void DnsService::open(const vpc::LocalService& service) {
  const auto attempt = ++attempts_;
  ports_[service].attempt = attempt;
  network_.open_service(service, [this, service, attempt, alive = std::weak_ptr<bool>(alive_)](
                                     Outcome<netns::UniqueFd> socket) {
    if (!alive.expired()) opened(service, attempt, std::move(socket));
  });
}

void DnsService::opened(const vpc::LocalService& service, std::uint64_t attempt,
                        Outcome<netns::UniqueFd> socket) {
  const auto slot = ports_.find(service);
  if (slot == ports_.end() || slot->second.attempt != attempt) return;  // no longer wanted
  if (!socket.ok()) {
    spdlog::error("resolver of {}: {}", service.vpc_id, socket.error());
    ports_.erase(slot);  // the VPC's next change tries again
    return;
  }
  slot->second.port = serve(service, std::move(socket.get()));
}

std::unique_ptr<Port> DnsService::serve(const vpc::LocalService& service, netns::UniqueFd socket) {
  const bool udp = service.protocol == "udp";
  const auto transport = udp ? Transport::kUdp : Transport::kTcp;
  auto ask = [this, vpc_id = service.vpc_id, transport](const Bytes& message,
                                                        Resolver::Answered answered) {
    try {
      return resolver_.ask(vpc_id, message, transport, std::move(answered));
    } catch (const std::exception& error) {
      spdlog::error("resolver of {}: {}", vpc_id, error.what());
      return false;
    }
  };
  return udp ? open_udp_port(loop_, std::move(socket), std::move(ask))
             : open_tcp_port(loop_, std::move(socket), std::move(ask));
}

}  // namespace enibox::dns
