#include "api/wire/model.hpp"

#include <algorithm>
#include <stdexcept>

#include "embedded/models.hpp"

namespace enibox::api {

namespace {

Kind kind_of(const std::string& type) {
  static const std::map<std::string, Kind, std::less<>> kinds{
      {"structure", Kind::structure}, {"list", Kind::list},           {"map", Kind::map},
      {"string", Kind::string},       {"character", Kind::string},    {"integer", Kind::integer},
      {"long", Kind::long_integer},   {"float", Kind::floating},      {"double", Kind::floating},
      {"boolean", Kind::boolean},     {"timestamp", Kind::timestamp}, {"blob", Kind::blob}};
  auto found = kinds.find(type);
  if (found == kinds.end()) throw std::invalid_argument("model: unknown type " + type);
  return found->second;
}

TimestampFormat timestamp_format_of(const Json& json) {
  auto found = json.find("timestampFormat");
  if (found == json.end()) return TimestampFormat::by_protocol;
  if (*found == "unixTimestamp") return TimestampFormat::unix_seconds;
  if (*found == "rfc822") return TimestampFormat::rfc822;
  return TimestampFormat::iso8601;
}

std::string text(const Json& json, const char* key, std::string otherwise = {}) {
  auto found = json.find(key);
  return found == json.end() ? std::move(otherwise) : found->get<std::string>();
}

bool flag(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

std::string capitalised(std::string word) {
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] - 32);
  return word;
}

// The next line of `rest`, without its end and without a trailing comma.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == ',') line.remove_suffix(1);
  return line;
}

// "NAME":VALUE
std::pair<std::string_view, std::string_view> split_line(std::string_view line) {
  const auto quote = line.find('"', 1);
  if (line.empty() || line[0] != '"' || quote == std::string_view::npos ||
      line.substr(quote, 2) != "\":") {
    throw std::invalid_argument("model: not a line of trim.py: " + std::string(line.substr(0, 80)));
  }
  return {line.substr(1, quote - 1), line.substr(quote + 2)};
}

}  // namespace

ServiceModel::ServiceModel(std::string name, std::string_view bytes)
    : name_(std::move(name)), bytes_(bytes) {
  std::string_view rest = bytes_;
  take_line(rest);  // the opening brace
  const auto [key, value] = split_line(take_line(rest));
  if (key != "metadata") throw std::invalid_argument("model " + name_ + ": no metadata");
  const Json metadata = Json::parse(value);
  const std::string protocol = text(metadata, "protocol");
  protocol_ = protocol == "ec2"     ? Protocol::ec2
              : protocol == "query" ? Protocol::query
                                    : Protocol::json;
  api_version_ = text(metadata, "apiVersion");
  json_version_ = text(metadata, "jsonVersion", "1.0");
  target_prefix_ = text(metadata, "targetPrefix");
  signing_name_ = text(metadata, "signingName", text(metadata, "endpointPrefix"));
  xml_namespace_ = text(metadata, "xmlNamespace");
  query_compatible_ = metadata.contains("awsQueryCompatible");
}

const ServiceModel::Lines& ServiceModel::lines_of(std::string_view section) const {
  if (operation_lines_.empty()) {
    Lines* into = nullptr;
    std::string_view rest = bytes_;
    while (!rest.empty()) {
      const std::string_view line = take_line(rest);
      if (line == "\"operations\":{") {
        into = &operation_lines_;
      } else if (line == "\"shapes\":{") {
        into = &shape_lines_;
      } else if (line == "}") {
        into = nullptr;
      } else if (into != nullptr) {
        into->insert(into->end(), split_line(line));
      }
    }
  }
  return section == "operations" ? operation_lines_ : shape_lines_;
}

std::vector<std::string> ServiceModel::operation_names() const {
  std::vector<std::string> names;
  for (const auto& [name, line] : lines_of("operations")) names.emplace_back(name);
  return names;
}

bool ServiceModel::lists(std::string_view operation_name) const {
  const Lines& lines = lines_of("operations");
  const auto line = lines.find(operation_name);
  return line != lines.end() && line->second != "null";
}

const Operation* ServiceModel::operation(std::string_view operation_name) const {
  if (auto known = operations_.find(operation_name); known != operations_.end()) {
    return &known->second;
  }
  const Lines& lines = lines_of("operations");
  const auto line = lines.find(operation_name);
  if (line == lines.end()) return nullptr;
  const Json json = Json::parse(line->second);
  Operation out;
  out.name = line->first;
  out.listed = json.is_object();
  if (out.listed) {
    if (json.contains("input")) out.input = &shape(json["input"]);
    if (json.contains("output")) out.output = &shape(json["output"]);
    out.result_wrapper = text(json, "resultWrapper");
    for (const auto& error : json.value("errors", Json::array())) {
      out.errors.push_back(&shape(error.get<std::string>()));
    }
  }
  return &operations_.emplace(out.name, std::move(out)).first->second;
}

const Shape& ServiceModel::shape(const std::string& shape_name) const {
  if (auto known = shapes_.find(shape_name); known != shapes_.end()) return *known->second;
  const Lines& lines = lines_of("shapes");
  const auto line = lines.find(shape_name);
  if (line == lines.end()) throw std::invalid_argument("model " + name_ + ": no " + shape_name);
  const Json json = Json::parse(line->second);

  // Known before its members are read: a shape may hold itself.
  Shape& out = *(shapes_[shape_name] = std::make_unique<Shape>());
  out.name = shape_name;
  out.kind = flag(json, "document") ? Kind::document : kind_of(text(json, "type"));
  out.flattened = flag(json, "flattened");
  out.event_stream = flag(json, "eventstream");
  out.sensitive = flag(json, "sensitive");
  if (json.contains("enum")) out.values = json["enum"].get<std::vector<std::string>>();
  out.timestamp_format = timestamp_format_of(json);
  if (json.contains("min")) out.min = json["min"].get<double>();
  if (json.contains("max")) out.max = json["max"].get<double>();
  if (json.contains("pattern")) {
    out.pattern_text = json["pattern"];
    out.pattern = std::make_unique<Pattern>(out.pattern_text);
  }
  if (flag(json, "exception")) read_error(out, json);
  if (out.kind == Kind::structure) read_members(out, json);
  if (out.kind == Kind::list) out.element = read_member(json["member"], "", "member");
  if (out.kind == Kind::map) {
    out.key = read_member(json["key"], "", "key");
    out.value = read_member(json["value"], "", "value");
  }
  return out;
}

void ServiceModel::read_members(Shape& out, const Json& json) const {
  if (!json.contains("members")) return;
  for (const auto& [name, member] : json["members"].items()) {  // sorted: a Json object is a map
    out.members.push_back(read_member(member, name, name));
    if (name == "Message") out.message_name = name;
  }
  for (const auto& name : json.value("required", Json::array())) {
    auto found = std::find_if(out.members.begin(), out.members.end(),
                              [&](const Member& member) { return member.name == name; });
    if (found != out.members.end()) found->required = true;
  }
  for (const Member& member : out.members) out.by_request_name.push_back(&member);
  std::sort(out.by_request_name.begin(), out.by_request_name.end(),
            [](const Member* a, const Member* b) { return a->request_name < b->request_name; });
}

void ServiceModel::read_error(Shape& out, const Json& json) const {
  out.fault = flag(json, "fault");
  const Json error = json.value("error", Json::object());
  out.error_code = text(error, "code");
  out.error_status = error.value("httpStatusCode", 0);
}

Member ServiceModel::read_member(const Json& json, std::string member_name,
                                 std::string_view plain_name) const {
  static const Json no_traits = Json::object();
  const Json& traits = json.is_object() ? json : no_traits;
  Member out;
  out.shape = &shape(json.is_object() ? json["shape"].get<std::string>() : json.get<std::string>());
  out.name = std::move(member_name);
  out.answer_name = text(traits, "locationName", std::string(plain_name));
  out.request_name = out.answer_name;
  if (protocol_ == Protocol::ec2) {
    // The ec2 protocol's rule: queryName as it is, else locationName with a capital, else the name.
    out.request_name = traits.contains("queryName")      ? text(traits, "queryName")
                       : traits.contains("locationName") ? capitalised(out.answer_name)
                                                         : std::string(plain_name);
  } else if (protocol_ == Protocol::query && out.shape->kind == Kind::list &&
             out.shape->flattened && out.shape->element.answer_name != "member") {
    // A flattened list is named after its element.
    out.request_name = out.shape->element.answer_name;
  }
  out.idempotency_token = flag(traits, "idempotencyToken");
  out.xml_attribute = flag(traits, "xmlAttribute");
  out.timestamp_format = timestamp_format_of(traits);
  if (out.timestamp_format == TimestampFormat::by_protocol) {
    out.timestamp_format = out.shape->timestamp_format;
  }
  return out;
}

ModelLibrary::ModelLibrary() {
  for (const auto& file : embedded::models()) {
    if (file.name.size() < 5 || file.name.substr(file.name.size() - 5) != ".json") continue;
    std::string name(file.name.substr(0, file.name.size() - 5));
    models_.push_back(std::make_unique<ServiceModel>(std::move(name), file.bytes));
  }
  std::sort(models_.begin(), models_.end(),
            [](const auto& a, const auto& b) { return a->name() < b->name(); });
}

namespace {

template <typename Wanted>
const ServiceModel* first(const std::vector<std::unique_ptr<ServiceModel>>& models, Wanted wanted) {
  auto found =
      std::find_if(models.begin(), models.end(), [&](const auto& m) { return wanted(*m); });
  return found == models.end() ? nullptr : found->get();
}

}  // namespace

const ServiceModel* ModelLibrary::by_name(std::string_view name) const {
  return first(models_, [&](const ServiceModel& m) { return m.name() == name; });
}

const ServiceModel* ModelLibrary::by_target_prefix(std::string_view prefix) const {
  return first(models_, [&](const ServiceModel& m) {
    return !prefix.empty() && m.target_prefix() == prefix;
  });
}

const ServiceModel* ModelLibrary::by_signing_name(std::string_view name) const {
  return first(models_, [&](const ServiceModel& m) { return m.signing_name() == name; });
}

const ServiceModel* ModelLibrary::by_api_version(std::string_view version) const {
  return first(models_, [&](const ServiceModel& m) {
    return (m.protocol() != Protocol::json || m.query_compatible()) && m.api_version() == version;
  });
}

}  // namespace enibox::api
