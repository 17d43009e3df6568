#pragma once
#include "emulator/dns/zone.hpp"

// The names that Amazon gives: there are no records of them, they follow from addresses and rows.
namespace enibox::dns {

// "ip-10-0-1-121.ec2.internal" (us-east-1) or "ip-10-0-1-121.<region>.compute.internal" for every
// address of the VPC, whether an interface has it or not, and "i-….<domain>" for instances; none
// while enableDnsHostnames is off.
class PrivateNames final : public Zone {
 public:
  explicit PrivateNames(ec2::Ec2& ec2) : ec2_(ec2) {}
  std::optional<std::string> apex(const ec2::VpcDns& vpc, const std::string& name) override;
  std::optional<std::vector<Record>> lookup(const ec2::VpcDns& vpc,
                                            const std::string& name) override;

 private:
  ec2::Ec2& ec2_;
};

// "ec2-1-2-3-4.compute-1.amazonaws.com" (us-east-1) or "ec2-….<region>.compute.amazonaws.com": the
// private address for who is in the same VPC, the public one for others. Addresses that are not
// allocated have no name.
class PublicNames final : public Zone {
 public:
  explicit PublicNames(ec2::Ec2& ec2) : ec2_(ec2) {}
  std::optional<std::string> apex(const ec2::VpcDns& vpc, const std::string& name) override;
  std::optional<std::vector<Record>> lookup(const ec2::VpcDns& vpc,
                                            const std::string& name) override;

 private:
  ec2::Ec2& ec2_;
};

// in-addr.arpa of the VPC's blocks, of private and link-local addresses and of public ones that
// are allocated.
class ReverseNames final : public Zone {
 public:
  explicit ReverseNames(ec2::Ec2& ec2) : ec2_(ec2) {}
  std::optional<std::string> apex(const ec2::VpcDns& vpc, const std::string& name) override;
  std::optional<std::vector<Record>> lookup(const ec2::VpcDns& vpc,
                                            const std::string& name) override;

 private:
  ec2::Ec2& ec2_;
};

// localhost and localdomain, which never leave the resolver (RFC 6761; Route 53 Resolver,
// "autodefined rules").
class LocalNames final : public Zone {
 public:
  std::optional<std::string> apex(const ec2::VpcDns& vpc, const std::string& name) override;
  std::optional<std::vector<Record>> lookup(const ec2::VpcDns& vpc,
                                            const std::string& name) override;
};

}  // namespace enibox::dns
