#include "api/wire/route.hpp"

#include <algorithm>
#include <array>

#include "api/wire/form.hpp"

namespace enibox::api {

namespace {

std::string_view query_string_of(const HttpRequest& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

// The first value of `name`, found without reading a whole form; still encoded.
std::string_view raw_parameter(std::string_view encoded, std::string_view name) {
  while (!encoded.empty()) {
    const auto end = encoded.find('&');
    const std::string_view pair = encoded.substr(0, end);
    if (pair.size() > name.size() && pair.substr(0, name.size()) == name &&
        pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    encoded.remove_prefix(end == std::string_view::npos ? encoded.size() : end + 1);
  }
  return {};
}

std::string parameter(const RequestParts& parts, std::string_view name) {
  std::string_view raw = raw_parameter(parts.body, name);
  if (raw.empty()) raw = raw_parameter(parts.query_string, name);
  return percent_decode(raw).value_or(std::string(raw));
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

CredentialScope split_scope(std::string_view credential) {
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  // From the end: an access key id may hold a slash, the rest may not.
  while (count < 4) {
    const auto slash = credential.rfind('/');
    if (slash == std::string_view::npos) return {};
    parts[count++] = credential.substr(slash + 1);
    credential = credential.substr(0, slash);
  }
  return {std::string(credential), std::string(parts[2]), std::string(parts[1])};
}

// A service whose requests name a target is served in aws-json and in rpc-v2-cbor alike; one that
// was a query service once in that, too.
const ServiceModel* with_target(const ServiceModel* model) {
  return model != nullptr && model->protocol() == Protocol::json ? model : nullptr;
}
const ServiceModel* with_form(const ServiceModel* model) {
  const bool form =
      model != nullptr && (model->protocol() != Protocol::json || model->query_compatible());
  return form ? model : nullptr;
}

// "/service/GraniteServiceVersion20100801/operation/PutMetricData"; whatever stands before it is a
// prefix of the client's endpoint.
void read_rpc_path(Route& route, const ModelLibrary& models, std::string_view target) {
  constexpr std::string_view kService = "/service/", kOperation = "/operation/";
  const std::string_view path = target.substr(0, target.find('?'));
  const auto operation = path.rfind(kOperation);
  if (operation == std::string_view::npos) return;
  const std::string_view before = path.substr(0, operation);
  const auto service = before.rfind(kService);
  if (service == std::string_view::npos) return;
  route.operation = path.substr(operation + kOperation.size());
  route.model = with_target(models.by_target_prefix(before.substr(service + kService.size())));
}

}  // namespace

CredentialScope credential_scope(const HttpRequest& request) {
  const std::string_view header = request.headers.get("Authorization");
  constexpr std::string_view mark = "Credential=";
  if (const auto at = header.find(mark); at != std::string_view::npos) {
    std::string_view credential = header.substr(at + mark.size());
    return split_scope(credential.substr(0, credential.find_first_of(", ")));
  }
  const std::string_view raw = raw_parameter(query_string_of(request), "X-Amz-Credential");
  return split_scope(percent_decode(raw).value_or(""));
}

bool is_region(std::string_view region) {
  int words = 0;
  bool word = false, number = false;
  for (const char c : region) {
    if (c == '-' ? !word : number) return false;  // an empty part; a number that is not the last
    if (c == '-') {
      ++words;
      word = false;
    } else if (c >= 'a' && c <= 'z') {
      word = true;
    } else if (c >= '1' && c <= '9' && !word) {
      word = number = true;
    } else {
      return false;
    }
  }
  return number && words >= 2 && region.size() <= 32 && region.find('-') == 2;
}

Route find_route(const ModelLibrary& models, const CredentialScope& scope,
                 const HttpRequest& request) {
  Route route;
  route.protocol = &json_protocol();
  route.parts = {request.body, query_string_of(request)};

  if (request.headers.get("Smithy-Protocol") == "rpc-v2-cbor") {
    route.protocol = &cbor_protocol();
    read_rpc_path(route, models, request.target);
    return route;
  }
  if (const std::string_view target = request.headers.get("X-Amz-Target"); !target.empty()) {
    const auto dot = target.rfind('.');
    route.model = with_target(models.by_target_prefix(target.substr(0, dot)));
    if (dot != std::string_view::npos) route.operation = target.substr(dot + 1);
    return route;
  }

  const bool form_body =
      begins_with(request.headers.get("Content-Type"), "application/x-www-form-urlencoded");
  if (!form_body) route.parts.body = {};
  route.operation = parameter(route.parts, "Action");
  if (!form_body && route.operation.empty()) {
    route.parts.body = request.body;
    return route;  // neither target nor action: nothing we know
  }
  route.form = true;
  route.protocol = &query_protocol();
  route.model = scope.service.empty() ? models.by_api_version(parameter(route.parts, "Version"))
                                      : models.by_signing_name(scope.service);
  route.model = with_form(route.model);
  if (route.model != nullptr && route.model->protocol() == Protocol::ec2) {
    route.protocol = &ec2_protocol();
  }
  return route;
}

}  // namespace enibox::api
