#include "emulator/ec2/instance.hpp"

namespace enibox::ec2 {

void check_key_pair(Ec2State&, const std::string&, const std::string& name) {
  if (!name.empty()) throw key_pair_not_found(name);
}

}  // namespace enibox::ec2
