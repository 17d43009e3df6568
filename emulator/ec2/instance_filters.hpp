#pragma once
#include <span>

#include "emulator/ec2/describe.hpp"

namespace enibox::ec2 {

// The Filters of DescribeInstances. Values stand in the instances of a reservation, and those that
// match are listed; "~" leads to the reservation's own.
std::span<const FilterField> instance_filters();

}  // namespace enibox::ec2
