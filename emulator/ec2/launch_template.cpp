#include "emulator/ec2/instance.hpp"

namespace enibox::ec2 {

Json with_launch_template(Ec2State&, const std::string&, const Json& in) { return in; }

}  // namespace enibox::ec2
