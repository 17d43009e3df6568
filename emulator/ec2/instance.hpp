#pragma once
#include <string>

#include "emulator/ec2/ec2.hpp"
#include "emulator/ec2/state.hpp"

// The life of an instance: pending -> running -> (stopping -> stopped -> pending) -> shutting-down
// -> terminated. Users ask for the transitional states; who runs the machine reports the others.
// Run in the caller's transaction. Loop thread only.
namespace enibox::ec2 {

Instance instance_value(const InstanceRow& row);

// Moves the state on. `reason` is "Client.UserInitiatedShutdown: User initiated shutdown" (code and
// text) or empty. On the way to terminated the interfaces go: those that say so are deleted, the
// others detached. A move the life does not know is ignored when it says what is already so, and
// otherwise throws IncorrectInstanceState.
void move_instance(Ec2State& ec2, const std::string& instance_id, const std::string& state,
                   const std::string& reason);

// The code of InstanceState: 0 pending, 16 running, 32, 48, 64, 80.
int state_code(const std::string& state);

}  // namespace enibox::ec2
