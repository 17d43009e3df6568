#include "emulator/ssm/documents.hpp"

#include <array>
#include <charconv>

#include "api/error.hpp"

namespace enibox::ssm {
namespace {

using stream::SessionType;

struct Parameter {
  const char* name = nullptr;
  bool required = false;
  const char* fallback = nullptr;  // goes into the properties when the caller gave none
};

struct Document {
  const char* name;
  SessionType type;
  const char* port_type;  // the property "type"; null: none
  std::array<Parameter, 4> parameters;
};

constexpr std::array<Document, 7> kDocuments{{
    {kDefaultDocument, SessionType::kStandardStream, nullptr, {}},
    {kEcsExecDocument, SessionType::kInteractiveCommands, nullptr, {{{"command", true, nullptr}}}},
    {"AWS-StartInteractiveCommand",
     SessionType::kInteractiveCommands,
     nullptr,
     {{{"command", true, nullptr}}}},
    {"AWS-StartNonInteractiveCommand",
     SessionType::kNonInteractiveCommands,
     nullptr,
     {{{"command", true, nullptr}, {"separateOutputStream", false, "False"}}}},
    {"AWS-StartPortForwardingSession",
     SessionType::kPort,
     "LocalPortForwarding",
     {{{"portNumber", false, "80"}, {"localPortNumber", false, "0"}}}},
    {"AWS-StartPortForwardingSessionToRemoteHost",
     SessionType::kPort,
     "LocalPortForwarding",
     {{{"host", true, nullptr}, {"portNumber", false, "80"}, {"localPortNumber", false, "0"}}}},
    {"AWS-StartSSHSession", SessionType::kPort, nullptr, {{{"portNumber", false, "22"}}}},
}};

const Document* find_document(const std::string& name) {
  for (const auto& document : kDocuments) {
    if (name == document.name) return &document;
  }
  return nullptr;
}

const Parameter* find_parameter(const Document& document, const std::string& name) {
  for (const auto& parameter : document.parameters) {
    if (parameter.name != nullptr && name == parameter.name) return &parameter;
  }
  return nullptr;
}

void check_port(const std::string& name, const std::string& text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool number = error == std::errc() && end == text.data() + text.size();
  if (number && port <= 65535) return;
  throw AwsError("InvalidParameters", "Parameter \"" + name + "\" has value \"" + text +
                                          "\" not matching the port number pattern.");
}

}  // namespace

SessionType session_type(const std::string& document) {
  const auto* known = find_document(document);
  return known != nullptr ? known->type : SessionType::kStandardStream;
}

SessionPlan plan_session(const std::string& name, const DocumentParameters& parameters) {
  const auto* document = find_document(name.empty() ? kDefaultDocument : name);
  if (document == nullptr) {
    throw AwsError("InvalidDocument", "Document with name " + name + " does not exist.");
  }
  for (const auto& [parameter, values] : parameters) {
    if (find_parameter(*document, parameter) == nullptr) {
      throw AwsError(
          "InvalidParameters",
          "Parameter " + parameter + " is not defined in the document " + document->name + ".");
    }
  }
  SessionPlan plan{.type = document->type, .argv = {}, .properties = {}};
  for (const auto& parameter : document->parameters) {
    if (parameter.name == nullptr) continue;
    const auto given = parameters.find(parameter.name);
    if (given != parameters.end() && !given->second.empty()) {
      plan.properties[parameter.name] = given->second.front();
    } else if (parameter.required) {
      throw AwsError("InvalidParameters",
                     std::string("Missing required parameter: ") + parameter.name);
    } else {
      plan.properties[parameter.name] = parameter.fallback;
    }
  }
  for (const char* port : {"portNumber", "localPortNumber"}) {
    if (const auto found = plan.properties.find(port); found != plan.properties.end()) {
      check_port(port, found->second);
    }
  }
  if (document->port_type != nullptr) plan.properties["type"] = document->port_type;
  if (const auto command = plan.properties.find("command"); command != plan.properties.end()) {
    plan.argv = {"sh", "-c", command->second};
    plan.properties.erase("command");
  }
  return plan;
}

}  // namespace enibox::ssm
