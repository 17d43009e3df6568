// RegisterTaskDefinition's input, member by member as the model has it: what goes in comes out of
// DescribeTaskDefinition. A member that a newer model adds is walked by itself.
#include "api/wire/model.hpp"
#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

// Values of members that the rules do not leave free, by shape and member.
const std::map<std::string, Json>& chosen() {
  static const std::map<std::string, Json> kChosen{
      {"RegisterTaskDefinitionRequest.family", "web"},
      {"RegisterTaskDefinitionRequest.networkMode", "bridge"},
      {"RegisterTaskDefinitionRequest.cpu", "1024"},
      {"RegisterTaskDefinitionRequest.memory", "2048"},
      {"RegisterTaskDefinitionRequest.requiresCompatibilities", {"EC2"}},
      {"EphemeralStorage.sizeInGiB", 30},
      {"TaskDefinitionPlacementConstraint.expression", "attribute:rack == r1"},
      {"ProxyConfiguration.containerName", "one"},
      {"ContainerDefinition.name", "one"},
      {"ContainerDefinition.essential", true},
      {"ContainerDefinition.memory", 256},
      {"ContainerDefinition.memoryReservation", 128},
      {"ContainerDefinition.links", {"other:alias"}},
      {"ContainerDefinition.stopTimeout", 60},
      {"ContainerDependency.containerName", "other"},
      {"ContainerDependency.condition", "START"},
      {"VolumeFrom.sourceContainer", "other"},
      {"MountPoint.sourceVolume", "data"},
      {"HealthCheck.command", {"CMD", "true"}},
      {"HealthCheck.interval", 10},
      {"HealthCheck.timeout", 3},
      {"ContainerRestartPolicy.restartAttemptPeriod", 90},
      {"LogConfiguration.logDriver", "json-file"},
      {"PortMapping.containerPort", 80},
      {"PortMapping.hostPort", 8080},
      {"ResourceRequirement.value", "1"},
      {"ResourceRequirement.type", "GPU"},
      {"EFSVolumeConfiguration.rootDirectory", "/"},
      {"EFSVolumeConfiguration.transitEncryption", "ENABLED"}};
  return kChosen;
}

// Of these members only one can be there at a time: the first is in the sample, the others are
// walked each in a sample of its own.
const std::map<std::string, std::vector<std::string>>& exclusive() {
  static const std::map<std::string, std::vector<std::string>> kExclusive{
      {"Volume",
       {"host", "dockerVolumeConfiguration", "efsVolumeConfiguration",
        "fsxWindowsFileServerVolumeConfiguration", "configuredAtLaunch"}},
      {"PortMapping", {"containerPort", "containerPortRange"}}};
  return kExclusive;
}

class Sampler {
 public:
  // `picked`: the member of an exclusive shape that is to be in the sample.
  explicit Sampler(std::map<std::string, std::string> picked = {}) : picked_(std::move(picked)) {}

  Json of(const api::Shape& shape, const std::string& place) const {
    if (const auto found = chosen().find(place); found != chosen().end()) return found->second;
    switch (shape.kind) {
      case api::Kind::structure:
        return structure(shape);
      case api::Kind::list:
        return Json::array({of(*shape.element.shape, "")});
      case api::Kind::map:
        return {{"key", of(*shape.value.shape, "")}};
      case api::Kind::boolean:
        return true;
      case api::Kind::integer:
      case api::Kind::long_integer:
        return 7;
      case api::Kind::string:
        return shape.values.empty() ? Json("sample") : Json(shape.values.front());
      default:
        throw std::logic_error("a kind that the test does not know: " + shape.name);
    }
  }

 private:
  Json structure(const api::Shape& shape) const {
    Json value = Json::object();
    for (const auto& member : shape.members) {
      if (excluded(shape.name, member.name)) continue;
      value[member.name] = member.name == "containerPortRange"
                               ? Json("8000-8010")
                               : of(*member.shape, shape.name + "." + member.name);
    }
    if (value.contains("containerPortRange")) value.erase("hostPort");
    return value;
  }
  bool excluded(const std::string& shape, const std::string& member) const {
    const auto group = exclusive().find(shape);
    if (group == exclusive().end() ||
        std::ranges::find(group->second, member) == group->second.end()) {
      return false;
    }
    const auto pick = picked_.find(shape);
    return member != (pick == picked_.end() ? group->second.front() : pick->second);
  }

  std::map<std::string, std::string> picked_;
};

// Whether everything of `part` is in `whole`, which may hold more (what the service fills in).
bool within(const Json& part, const Json& whole) {
  if (part.is_object()) {
    if (!whole.is_object()) return false;
    for (const auto& [key, value] : part.items()) {
      if (!whole.contains(key) || !within(value, whole[key])) return false;
    }
    return true;
  }
  if (part.is_array()) {
    if (!whole.is_array() || part.size() != whole.size()) return false;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!within(part[i], whole[i])) return false;
    }
    return true;
  }
  return part == whole;
}

class RoundTrip : public EcsTest {
 protected:
  static Json plain() {
    return {{"family", "web"},
            {"executionRoleArn", "arn:aws:iam::111122223333:role/e"},
            {"volumes", {{{"name", "data"}}}},
            {"containerDefinitions",
             {{{"name", "one"}, {"image", "busybox"}, {"memory", 256}},
              {{"name", "other"}, {"image", "busybox"}, {"memory", 256}}}}};
  }
  // Registers it, and holds what is described to what was sent.
  void keeps(const Json& input, const std::string& what) {
    SCOPED_TRACE(what);
    try {
      call("RegisterTaskDefinition", input);
      Json sent = input;
      sent.erase("tags");
      const Json kept =
          call("DescribeTaskDefinition", {{"taskDefinition", "web"}})["taskDefinition"];
      EXPECT_TRUE(within(sent, kept)) << "sent " << sent << "\nkept " << kept;
      ++walked;
    } catch (const AwsError& error) {
      ADD_FAILURE() << error.message() << "\n" << input;
    }
  }
  // Puts each member of the shape into the place, one after the other.
  void walk(const api::Shape& shape, const std::map<std::string, std::string>& picked,
            const std::function<Json(const std::string& member, Json value)>& with) {
    for (const auto& member : shape.members) {
      keeps(with(member.name, Sampler(picked).of(*member.shape, shape.name + "." + member.name)),
            shape.name + "." + member.name);
    }
  }

  int walked = 0;
};

// What goes with a member for the rules' sake.
Json fitted(Json input, const std::string& member) {
  auto& container = input["containerDefinitions"][0];
  if (member == "proxyConfiguration") input["networkMode"] = "awsvpc";
  if (member == "memoryReservation") container["memory"] = 256;
  if (member == "firelensConfiguration") {
    input["containerDefinitions"][1]["logConfiguration"] = {{"logDriver", "awsfirelens"}};
  }
  return input;
}

TEST_F(RoundTrip, NoMemberOfATaskDefinitionIsLost) {
  const api::ModelLibrary models;
  const api::Shape& request = *models.by_name("ecs")->operation("RegisterTaskDefinition")->input;
  std::vector<std::map<std::string, std::string>> picks{{}};
  for (const auto& [shape, members] : exclusive()) {
    for (const auto& member : members) picks.push_back({{shape, member}});
  }
  const auto containers =
      std::ranges::find(request.members, std::string("containerDefinitions"), &api::Member::name);
  ASSERT_NE(containers, request.members.end());
  const api::Shape& container = *containers->shape->element.shape;
  for (const auto& pick : picks) {
    walk(request, pick, [](const std::string& member, Json value) {
      Json input = plain();
      if (member == "containerDefinitions") return input;  // walked below
      if (member == "tags") value = {{{"key", "team"}, {"value", "net"}}};
      input[member] = std::move(value);
      return fitted(std::move(input), member);
    });
    walk(container, pick, [](const std::string& member, Json value) {
      Json input = plain();
      input["containerDefinitions"][0][member] = std::move(value);
      return fitted(std::move(input), member);
    });
  }
  EXPECT_GT(walked, 50);
}

}  // namespace
}  // namespace enibox::ecs
