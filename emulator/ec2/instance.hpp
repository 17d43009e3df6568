#pragma once
#include <string>

#include "api/json.hpp"
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

// instance_json.cpp: Instance, and {Code, Name}.
Json instance_json(Ec2State& ec2, const InstanceRow& row);
Json state_json(const std::string& state);

// launch_template.cpp: the input of RunInstances over what its LaunchTemplate says. Throws
// InvalidLaunchTemplateId.NotFound and its like.
Json with_launch_template(Ec2State& ec2, const std::string& region, const Json& in);
// key_pair.cpp: throws InvalidKeyPair.NotFound; an empty name is fine.
void check_key_pair(Ec2State& ec2, const std::string& region, const std::string& name);

// instance_profile_operations.cpp: gives the instance the profile {Name} or {Arn}; throws as
// Hooks::instance_profile.
void set_instance_profile(Ec2State& ec2, const Json& wanted, InstanceRow& row);

// Instances are described for an hour after their end; drops those that ended before.
void forget_terminated(Ec2State& ec2);

}  // namespace enibox::ec2
