#pragma once
#include <span>
#include <string_view>

// What EC2 says of each instance type, as far as tasks and their interfaces depend on it. Constant
// data, any thread.
namespace enibox::ec2 {

struct InstanceTypeRow {
  std::string_view name;
  int vcpus = 0;
  int memory_mib = 0;
  int max_enis = 0;
  int ipv4_per_eni = 0;
  int trunk_tasks = 0;  // awsvpc tasks with an ENI trunk; 0: the type cannot trunk
};

// Sorted by name.
std::span<const InstanceTypeRow> instance_types();
// Null when there is no such type.
const InstanceTypeRow* find_instance_type(std::string_view name);
// "x86_64" or "arm64".
std::string_view architecture_of(const InstanceTypeRow& type);

}  // namespace enibox::ec2
