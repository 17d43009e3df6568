#pragma once
#include <string>

#include "emulator/ec2/ec2.hpp"

// The files that name a host on the network, as Docker and the instance's dhclient leave them.
namespace enibox::reconcile {

struct HostFiles {
  std::string hostname, etc_hosts, resolv_conf;
};

// `fallback_hostname` is for VPCs whose DNS hostnames are off (Docker: the short container id).
HostFiles host_files(ec2::Ec2& ec2, const ec2::NetworkInterface& eni,
                     const std::string& fallback_hostname);

// As dhclient writes it from the VPC's DHCP options.
std::string resolv_conf(const ec2::VpcDns& dns);

}  // namespace enibox::reconcile
