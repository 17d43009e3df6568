#pragma once
#include "api/wire/service.hpp"
#include "emulator/iam/iam.hpp"
#include "emulator/sts/temporary_keys.hpp"

// STS: who the caller is, and short-lived credentials. No policy denies anything, so any role can
// be assumed, also one of another account or one that IAM does not know; who calls with the
// credentials is that role's session until they expire. References outlive the service. Loop thread
// only.
namespace enibox::sts {

api::Service make_sts_service(TemporaryKeys& keys, iam::Iam& iam);

}  // namespace enibox::sts
