#include "emulator/dns/vpc_zones.hpp"

#include <algorithm>

#include "emulator/ec2/zones.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::dns {
namespace {

using vpc::Cidr;
using vpc::IpAddress;
using Records = std::vector<Record>;

constexpr const char* kInternalDomains[] = {"ec2.internal", "compute.internal"};
constexpr const char* kReverse = "in-addr.arpa";
// Their reverse names never leave the resolver.
constexpr const char* kLocalBlocks[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                        "169.254.0.0/16", "127.0.0.0/8"};

std::vector<std::string> labels_of(const std::string& name) {
  std::vector<std::string> labels(1);
  for (const char c : name) {
    if (c == '.')
      labels.emplace_back();
    else
      labels.back() += c;
  }
  return labels;
}

bool in_vpc(const ec2::VpcDns& vpc, const IpAddress& address) {
  return std::any_of(vpc.cidrs.begin(), vpc.cidrs.end(), [&](const auto& text) {
    const auto block = Cidr::parse(text);
    return block && block->contains(address);
  });
}

// "ip-10-0-1-121" with the prefix "ip-": 10.0.1.121.
std::optional<IpAddress> dashed_address(const std::string& label, const std::string& prefix) {
  if (!label.starts_with(prefix)) return {};
  std::string text = label.substr(prefix.size());
  if (text.find('.') != std::string::npos) return {};
  std::replace(text.begin(), text.end(), '-', '.');
  const auto address = IpAddress::parse(text);
  return address && !address->is_v6() ? address : std::nullopt;
}

// The first label of "LABEL.domain"; nothing: deeper, or the domain itself.
std::optional<std::string> label_below(const std::string& name, const std::string& domain) {
  if (name.size() <= domain.size() + 1) return {};
  auto label = name.substr(0, name.size() - domain.size() - 1);
  if (label.find('.') != std::string::npos) return {};
  return label;
}

Records one(const std::string& name, const char* type, const std::string& data) {
  return {{name, type, 60, data}};
}

std::optional<std::uint32_t> octet_of(const std::string& label) {
  const bool digits = !label.empty() && label.size() <= 3 &&
                      label.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || (label.size() > 1 && label.front() == '0') || std::stoi(label) > 255) return {};
  return static_cast<std::uint32_t>(std::stoi(label));
}

// What a reverse name stands for: "121.1.0.10.in-addr.arpa" is 10.0.1.121/32, "10.in-addr.arpa" is
// 10.0.0.0/8; "x.10.in-addr.arpa" is below that and stands for nothing.
struct ReverseName {
  Cidr block;
  bool exact = true;
};

std::optional<ReverseName> parse_reverse(const std::string& name) {
  auto labels = labels_of(name);
  labels.resize(labels.size() - 2);  // without in-addr.arpa
  std::uint32_t address = 0;
  int bits = 0;
  for (; !labels.empty() && bits < 32; labels.pop_back(), bits += 8) {
    const auto octet = octet_of(labels.back());
    if (!octet) break;
    address |= *octet << (24 - bits);
  }
  if (bits == 0) return {};
  return ReverseName{Cidr(IpAddress::v4(address), bits), labels.empty()};
}

// The domain of the octets that lie whole in the prefix: 10.0.0.0/16 is "0.10.in-addr.arpa".
std::string reverse_domain(const Cidr& block, int prefix) {
  std::string domain = kReverse;
  for (int octet = 0; octet < prefix / 8; ++octet) {
    const auto byte = block.base().bytes()[static_cast<std::size_t>(octet)];
    domain = std::to_string(byte) + "." + domain;
  }
  return domain;
}

std::optional<std::string> reverse_apex(const Cidr& wanted, const std::string& text) {
  const auto block = Cidr::parse(text);
  // Blocks that end inside an octet are several domains: 172.16.0.0/12 is 16.172 to 31.172.
  const int prefix = block ? (block->prefix() + 7) / 8 * 8 : 0;
  if (!block || block->is_v6() || prefix > wanted.prefix() || !block->contains(wanted)) return {};
  return reverse_domain(wanted, prefix);
}

}  // namespace

std::optional<std::string> PrivateNames::apex(const ec2::VpcDns& vpc, const std::string& name) {
  const auto own = ec2::private_domain_of(vpc.region);
  if (is_within(name, own)) return own;
  for (const char* domain : kInternalDomains)
    if (is_within(name, domain)) return domain;
  return {};
}

std::optional<Records> PrivateNames::lookup(const ec2::VpcDns& vpc, const std::string& name) {
  const auto own = ec2::private_domain_of(vpc.region);
  if (name == own || is_within(own, name)) return Records{};
  if (!is_within(name, own) || !vpc.hostnames) return {};
  const auto label = label_below(name, own);
  if (!label) return {};
  if (const auto address = dashed_address(*label, "ip-")) {
    if (!in_vpc(vpc, *address)) return {};
    return one(name, "A", address->text());
  }
  if (!label->starts_with("i-")) return {};
  const auto address = ec2_.resource_name_address(vpc.vpc_id, *label);
  if (!address) return {};
  return one(name, "A", *address);
}

std::optional<std::string> PublicNames::apex(const ec2::VpcDns&, const std::string& name) {
  const auto labels = labels_of(name);
  // [ec2-1-2-3-4] compute-1 amazonaws com, or [ec2-1-2-3-4] <region> compute amazonaws com
  if (is_within(name, "compute-1.amazonaws.com")) return "compute-1.amazonaws.com";
  if (labels.size() < 4 || !is_within(name, "compute.amazonaws.com")) return {};
  return labels[labels.size() - 4] + ".compute.amazonaws.com";
}

std::optional<Records> PublicNames::lookup(const ec2::VpcDns& vpc, const std::string& name) {
  const auto domain = *apex(vpc, name);
  if (name == domain) return Records{};
  const auto label = label_below(name, domain);
  const auto address = label ? dashed_address(*label, "ec2-") : std::nullopt;
  if (!address) return {};
  const auto owner = ec2_.public_address(address->text());
  if (!owner || ec2::public_dns_name(owner->region, address->text()) != name) return {};
  const bool inside = owner->vpc_id == vpc.vpc_id && vpc.hostnames;
  return one(name, "A", inside ? owner->private_address : address->text());
}

std::optional<std::string> ReverseNames::apex(const ec2::VpcDns& vpc, const std::string& name) {
  if (!is_within(name, kReverse)) return {};
  const auto wanted = parse_reverse(name);
  if (!wanted) return {};
  for (const auto& text : vpc.cidrs)
    if (auto domain = reverse_apex(wanted->block, text)) return domain;
  for (const char* text : kLocalBlocks)
    if (auto domain = reverse_apex(wanted->block, text)) return domain;
  if (wanted->block.prefix() == 32 && ec2_.public_address(wanted->block.base().text()))
    return reverse_domain(wanted->block, 24);
  return {};
}

std::optional<Records> ReverseNames::lookup(const ec2::VpcDns& vpc, const std::string& name) {
  const auto wanted = parse_reverse(name);
  if (!wanted || !wanted->exact) return {};
  if (wanted->block.prefix() < 32) return Records{};
  const auto address = wanted->block.base();
  if (in_vpc(vpc, address) && vpc.hostnames)
    return one(name, "PTR", ec2::private_dns_name(vpc.region, address.text()) + ".");
  if (address.text() == "127.0.0.1") return one(name, "PTR", "localhost.");
  if (const auto owner = ec2_.public_address(address.text()))
    return one(name, "PTR", ec2::public_dns_name(owner->region, address.text()) + ".");
  return {};
}

std::optional<std::string> LocalNames::apex(const ec2::VpcDns&, const std::string& name) {
  for (const char* domain : {"localhost", "localdomain"})
    if (is_within(name, domain)) return domain;
  return {};
}

std::optional<Records> LocalNames::lookup(const ec2::VpcDns&, const std::string& name) {
  if (name == "localdomain") return Records{};
  if (!is_within(name, "localhost")) return {};
  return Records{{name, "A", 60, "127.0.0.1"}, {name, "AAAA", 60, "::1"}};
}

}  // namespace enibox::dns
