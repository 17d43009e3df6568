#include "emulator/containers/seccomp.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <stdexcept>

namespace enibox::containers {
namespace {

std::string scmp_architecture(const std::string& go_name) {
  static const std::map<std::string, std::string> names{{"amd64", "SCMP_ARCH_X86_64"},
                                                        {"arm64", "SCMP_ARCH_AARCH64"},
                                                        {"ppc64le", "SCMP_ARCH_PPC64LE"},
                                                        {"s390x", "SCMP_ARCH_S390X"},
                                                        {"riscv64", "SCMP_ARCH_RISCV64"}};
  const auto found = names.find(go_name);
  return found == names.end() ? "" : found->second;
}

bool kernel_at_least(const std::string& version, const SeccompTarget& target) {
  int major = 0, minor = 0;
  if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) < 1) return false;
  return target.kernel_major > major ||
         (target.kernel_major == major && target.kernel_minor >= minor);
}

// Docker's rule: any of the architectures, any excluded and all included capabilities.
bool applies(const Json& rule, const SeccompTarget& target) {
  const auto list = [&rule](const char* part, const char* key) {
    const auto conditions = rule.value(part, Json::object());
    if (!conditions.is_object()) return Json(Json::array());
    return conditions.value(key, Json::array());
  };
  const auto names_our_architecture = [&](const Json& all) {
    return std::find(all.begin(), all.end(), target.architecture) != all.end();
  };
  const auto has_capability = [&](const Json& name) {
    return target.capabilities.contains(name.get<std::string>());
  };
  const auto included = list("includes", "arches");
  if (!included.empty() && !names_our_architecture(included)) return false;
  if (names_our_architecture(list("excludes", "arches"))) return false;
  const auto needed = list("includes", "caps");
  if (!std::all_of(needed.begin(), needed.end(), has_capability)) return false;
  const auto unwanted = list("excludes", "caps");
  if (std::any_of(unwanted.begin(), unwanted.end(), has_capability)) return false;
  const auto kernel = rule.value("includes", Json::object()).value("minKernel", "");
  return kernel.empty() || kernel_at_least(kernel, target);
}

Json architectures(const Json& profile, const SeccompTarget& target) {
  Json out = Json::array();
  const auto ours = scmp_architecture(target.architecture);
  for (const auto& entry : profile.value("archMap", Json::array())) {
    if (entry.value("architecture", "") != ours) continue;
    out.push_back(ours);
    for (const auto& sub : entry.value("subArchitectures", Json::array())) out.push_back(sub);
  }
  if (out.empty() && !ours.empty()) out.push_back(ours);
  return out;
}

Json oci_rule(const Json& rule) {
  Json out{{"names", rule.at("names")}, {"action", rule.at("action")}};
  if (rule.contains("errnoRet")) out["errnoRet"] = rule["errnoRet"];
  const auto args = rule.value("args", Json::array());
  if (args.is_array() && !args.empty()) out["args"] = args;
  return out;
}

}  // namespace

Json seccomp_for(const Json& profile, const SeccompTarget& target) {
  try {
    Json out{{"defaultAction", profile.at("defaultAction")},
             {"architectures", architectures(profile, target)},
             {"syscalls", Json::array()}};
    if (profile.contains("defaultErrnoRet")) out["defaultErrnoRet"] = profile["defaultErrnoRet"];
    for (const auto& rule : profile.at("syscalls"))
      if (applies(rule, target)) out["syscalls"].push_back(oci_rule(rule));
    return out;
  } catch (const Json::exception& e) {
    throw std::runtime_error(std::string("seccomp profile: ") + e.what());
  }
}

SeccompTarget seccomp_target_here(std::set<std::string> capabilities) {
  static const std::map<std::string, std::string> go_names{{"x86_64", "amd64"},
                                                           {"aarch64", "arm64"}};
  utsname name{};
  ::uname(&name);
  SeccompTarget out;
  const auto found = go_names.find(name.machine);
  out.architecture = found == go_names.end() ? name.machine : found->second;
  out.capabilities = std::move(capabilities);
  std::sscanf(name.release, "%d.%d", &out.kernel_major, &out.kernel_minor);
  return out;
}

}  // namespace enibox::containers
