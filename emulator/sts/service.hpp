#pragma once
#include "api/wire/service.hpp"
#include "emulator/clock.hpp"

// STS: who the caller is, and short-lived credentials. Every credential is good here, so those it
// hands out name the role they stand for and nothing else. Loop thread only.
namespace enibox::sts {

api::Service make_sts_service(const Clock& clock);

}  // namespace enibox::sts
