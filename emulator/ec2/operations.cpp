#include "emulator/ec2/operations.hpp"

#include <string_view>

#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/vpc.hpp"

namespace enibox::ec2 {
namespace {

struct Row {
  std::string_view name;
  op::Handler* handler;
};

constexpr Row kOperations[] = {
    {"AssociateVpcCidrBlock", op::associate_vpc_cidr_block},
    {"CreateDefaultSubnet", op::create_default_subnet},
    {"CreateDefaultVpc", op::create_default_vpc},
    {"CreateSubnet", op::create_subnet},
    {"CreateVpc", op::create_vpc},
    {"DeleteSubnet", op::delete_subnet},
    {"DeleteVpc", op::delete_vpc},
    {"DescribeSubnets", op::describe_subnets},
    {"DescribeVpcAttribute", op::describe_vpc_attribute},
    {"DescribeVpcs", op::describe_vpcs},
    {"DisassociateVpcCidrBlock", op::disassociate_vpc_cidr_block},
    {"ModifySubnetAttribute", op::modify_subnet_attribute},
    {"ModifyVpcAttribute", op::modify_vpc_attribute},
    {"ModifyVpcTenancy", op::modify_vpc_tenancy},
};

bool only_reads(std::string_view name) {
  return name.starts_with("Describe") || name.starts_with("Get");
}

void ensure_region_committed(Ec2State& ec2, const std::string& region) {
  if (ec2.regions.seen(region)) return;
  store::Transaction transaction(ec2.db);
  ensure_region(ec2, region);
  transaction.commit();
}

api::Answer run_changing(Ec2State& ec2, op::Handler* handler, const api::RequestContext& request,
                         const Json& in) {
  const auto before = ec2.network.generation();
  store::Transaction transaction(ec2.db);
  auto output = handler(ec2, request, in);
  transaction.commit();
  const auto after = ec2.network.generation();
  return {std::move(output), after == before ? 0 : after};
}

}  // namespace

api::Service make_operations(Ec2State& ec2) {
  api::Service service{.name = "ec2", .operations = {}};
  for (const auto& row : kOperations) {
    auto* handler = row.handler;
    const bool reads = only_reads(row.name);
    service.operations.emplace(
        row.name,
        [&ec2, handler, reads](const api::RequestContext& request, const Json& in) -> api::Answer {
          ensure_region_committed(ec2, request.region);
          if (reads) return handler(ec2, request, in);
          return run_changing(ec2, handler, request, in);
        });
  }
  return service;
}

}  // namespace enibox::ec2
