#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

// Session Manager sessions: what ExecuteCommand and StartSession hand out and the data channel
// serves (facts/ssm-data-channel.md). Loop thread only.
namespace enibox::ssm {

struct NewSession {
  std::string region;
  std::string session_id;  // "ecs-execute-command-" + 17 hex, or "<user>-" + 17 hex
  std::string target;      // "ecs:cluster_task_runtimeid" or "i-..."
  std::string document;  // "SSM-SessionManagerRunShell", "AmazonECS-ExecuteInteractiveCommand", ...
  std::string owner_arn, reason;
  std::string endpoint_host;  // RequestContext::host: the stream URL names it
  // where and what to run
  std::string host_id;
  std::string container_id;  // empty: on the instance
  std::vector<std::string> argv;
  std::string user;  // empty: root (ECS Exec) or the given user
  std::vector<std::string> env;
  // The session document's properties with its parameters filled in ("portNumber"); none for
  // shells.
  std::map<std::string, std::string> properties = {};
};

struct SessionHandle {
  std::string session_id, stream_url, token_value;
};

class Sessions {
 public:
  virtual ~Sessions() = default;
  virtual SessionHandle start(NewSession wanted) = 0;
  // Ends every session into this container or on this host (it stopped): channel_closed, never a
  // client left hanging.
  virtual void end_all_of(const std::string& host_id, const std::string& container_id) = 0;
};

}  // namespace enibox::ssm
