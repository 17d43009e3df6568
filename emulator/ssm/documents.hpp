#pragma once
#include <map>
#include <string>
#include <vector>

#include "api/stream/handshake.hpp"

// The session documents AWS owns: what kind of session each gives and what it runs. Pure.
namespace enibox::ssm {

inline constexpr const char* kDefaultDocument = "SSM-SessionManagerRunShell";
inline constexpr const char* kEcsExecDocument = "AmazonECS-ExecuteInteractiveCommand";

using DocumentParameters = std::map<std::string, std::vector<std::string>>;

struct SessionPlan {
  stream::SessionType type = stream::SessionType::kStandardStream;
  std::vector<std::string> argv;                  // empty: the target's shell, or a port session
  std::map<std::string, std::string> properties;  // of the handshake request
};

// Throws AwsError: InvalidDocument for a name nobody knows, InvalidParameters for parameters the
// document lacks or does not allow. `document` empty: the default.
SessionPlan plan_session(const std::string& document, const DocumentParameters& parameters);

// What kind of session a document's name gives; Standard_Stream for the names of custom shells.
stream::SessionType session_type(const std::string& document);

}  // namespace enibox::ssm
