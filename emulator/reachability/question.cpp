#include "emulator/reachability/question.hpp"

#include <vector>

#include "emulator/ec2/errors.hpp"
#include "emulator/reachability/filters.hpp"
#include "emulator/reachability/routes.hpp"

namespace enibox::reachability {
namespace {

using ec2::Ec2State;

AwsError unclear(const std::string& text) { return {"InvalidParameterValue", text}; }

bool is_private(const vpc::IpAddress& address) {
  for (const char* block : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"})
    if (vpc::Cidr::parse(block)->contains(address)) return true;
  return false;
}

std::optional<ec2::EniRow> named_interface(Ec2State& ec2, const std::string& name) {
  if (name.starts_with("eni-")) {
    auto eni = ec2.enis.find(name);
    if (!eni) throw ec2::eni_not_found(name);
    return eni;
  }
  if (!name.starts_with("i-")) return std::nullopt;
  const auto instance = ec2.instances.find(name);
  if (!instance) throw ec2::instance_not_found(name);
  auto eni = ec2.enis.find(instance->primary_eni_id);
  if (!eni) throw unclear("Instance " + name + " is " + instance->state + ": it has no interface.");
  return eni;
}

vpc::IpAddress address_named(const std::string& name) {
  const auto address = vpc::IpAddress::parse(name);
  if (!address || address->is_v6()) {
    throw unclear("'" + name +
                  "' is no interface, instance, task or IPv4 address: eni-..., i-..., a task's id "
                  "or ARN, 10.0.0.5.");
  }
  return *address;
}

// Which interfaces have the address, as a private or as a public one.
std::vector<Mapping> interfaces_with(Ec2State& ec2, const vpc::IpAddress& address,
                                     const std::string& vpc_id) {
  std::vector<Mapping> found;
  for (const auto& vpc : ec2.vpcs.all()) {
    if (!vpc_id.empty() && vpc.vpc_id != vpc_id) continue;
    if (const auto eni = owner_of(ec2, vpc.vpc_id, address)) found.push_back({*eni, {}, address});
  }
  if (!found.empty()) return found;
  const auto mapping = mapping_of_public(ec2, address);
  if (mapping && (vpc_id.empty() || mapping->eni.vpc_id == vpc_id)) found.push_back(*mapping);
  return found;
}

// Nothing: nobody here has the address.
std::optional<Mapping> interface_with(Ec2State& ec2, const vpc::IpAddress& address,
                                      const std::string& vpc_id) {
  auto found = interfaces_with(ec2, address, vpc_id);
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return std::move(found.front());
  std::string where;
  for (const auto& each : found)
    where += (where.empty() ? "" : ", ") + each.eni.eni_id + " in " + each.eni.vpc_id;
  throw unclear("Several interfaces have the address " + address.text() + ": " + where +
                ". Say in which VPC.");
}

Source source_of(Ec2State& ec2, const Question& question) {
  if (const auto eni = named_interface(ec2, question.source))
    return {eni->eni_id, *vpc::IpAddress::parse(eni->address)};
  const auto address = address_named(question.source);
  if (const auto there = interface_with(ec2, address, question.vpc_id))
    return {there->eni.eni_id, there->private_address};
  if (is_private(address) || !question.vpc_id.empty()) {
    throw unclear("No interface " + (question.vpc_id.empty() ? "" : "of " + question.vpc_id + " ") +
                  "has the address " + address.text() + ".");
  }
  return {std::nullopt, address};
}

// From the internet an interface is reached by its public address only.
vpc::IpAddress public_address_of(Ec2State& ec2, const ec2::EniRow& eni,
                                 const vpc::IpAddress& address) {
  const auto mapping = mapping_of_private(ec2, eni.vpc_id, address);
  if (!mapping)
    throw unclear(eni.eni_id + " has no public address: nobody reaches it from the internet.");
  return mapping->public_address;
}

vpc::IpAddress destination_of(Ec2State& ec2, const Question& question, const Source& source) {
  if (const auto eni = named_interface(ec2, question.destination)) {
    const auto address = *vpc::IpAddress::parse(eni->address);
    return source.eni_id ? address : public_address_of(ec2, *eni, address);
  }
  const auto address = address_named(question.destination);
  if (source.eni_id || !is_private(address)) return address;
  const auto there = interface_with(ec2, address, question.vpc_id);
  if (!there) throw unclear("No interface has the address " + address.text() + ".");
  return public_address_of(ec2, there->eni, address);
}

}  // namespace

Flow flow_of(Ec2State& ec2, const Question& question) {
  if (!question.vpc_id.empty() && !ec2.vpcs.find(question.vpc_id))
    throw ec2::vpc_not_found(question.vpc_id);
  Flow flow{.source = source_of(ec2, question),
            .destination = {},
            .protocol = question.protocol,
            .source_ports = question.source_ports};
  flow.destination = destination_of(ec2, question, flow.source);
  if (question.port) flow.destination_ports = {{*question.port, *question.port}};
  return flow;
}

}  // namespace enibox::reachability
