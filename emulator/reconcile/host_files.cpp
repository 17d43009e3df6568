#include "emulator/reconcile/host_files.hpp"

namespace enibox::reconcile {

HostFiles host_files(ec2::Ec2& ec2, const ec2::NetworkInterface& eni,
                     const std::string& fallback_hostname) {
  HostFiles files;
  files.hostname = eni.private_dns_name.empty() ? fallback_hostname : eni.private_dns_name;
  files.etc_hosts =
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "fe00::0\tip6-localnet\n"
      "ff00::0\tip6-mcastprefix\n"
      "ff02::1\tip6-allnodes\n"
      "ff02::2\tip6-allrouters\n" +
      eni.address + "\t" + files.hostname + "\n";
  if (const auto dns = ec2.vpc_dns(eni.vpc_id)) files.resolv_conf = resolv_conf(*dns);
  return files;
}

std::string resolv_conf(const ec2::VpcDns& dns) {
  std::string text;
  for (const auto& domain : dns.search) text += (text.empty() ? "search " : " ") + domain;
  if (!text.empty()) text += "\n";
  text += "options timeout:2 attempts:5\n";
  for (const auto& server : dns.name_servers) text += "nameserver " + server + "\n";
  return text;
}

}  // namespace enibox::reconcile
