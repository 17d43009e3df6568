#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/json.hpp"
#include "api/wire/shape.hpp"

// The service models that are built into the program (api/models/*.json, made by trim.py). A model
// is read when it is first asked for an operation, a shape when it is first reached: start-up costs
// a few microseconds a service, however large the service. Loop thread only.
namespace enibox::api {

enum class Protocol : std::uint8_t { json, query, ec2 };

class ServiceModel {
 public:
  // `bytes` is the text of a trimmed model and must outlive this. Throws std::invalid_argument for
  // anything trim.py does not write.
  ServiceModel(std::string name, std::string_view bytes);

  const std::string& name() const { return name_; }  // "ecs"
  Protocol protocol() const { return protocol_; }
  const std::string& api_version() const { return api_version_; }      // "2014-11-13"
  const std::string& json_version() const { return json_version_; }    // "1.1"
  const std::string& target_prefix() const { return target_prefix_; }  // of X-Amz-Target
  const std::string& signing_name() const { return signing_name_; }    // in the credential scope
  const std::string& xml_namespace() const { return xml_namespace_; }
  // A JSON service that was a query service once: old clients read the old error codes.
  bool query_compatible() const { return query_compatible_; }

  // nullptr for a name that is none of the service's operations.
  const Operation* operation(std::string_view operation_name) const;
  // Whether that operation is in api/models/NAME.ops. Reads no shape.
  bool lists(std::string_view operation_name) const;
  // Of every operation the service has, sorted.
  std::vector<std::string> operation_names() const;

 private:
  using Lines = std::map<std::string_view, std::string_view>;  // name to the JSON of its value

  const Lines& lines_of(std::string_view section) const;
  const Shape& shape(const std::string& shape_name) const;
  void read_members(Shape& out, const Json& json) const;
  void read_error(Shape& out, const Json& json) const;
  Member read_member(const Json& json, std::string member_name, std::string_view plain_name) const;

  std::string name_;
  std::string_view bytes_;
  Protocol protocol_ = Protocol::json;
  std::string api_version_, json_version_, target_prefix_, signing_name_, xml_namespace_;
  bool query_compatible_ = false;

  // Filled as they are asked for; what was handed out stays where it is.
  mutable Lines operation_lines_, shape_lines_;
  mutable std::map<std::string, Operation, std::less<>> operations_;
  mutable std::unordered_map<std::string, std::unique_ptr<Shape>> shapes_;
};

// All models, by name.
class ModelLibrary {
 public:
  ModelLibrary();  // those built in

  const std::vector<std::unique_ptr<ServiceModel>>& all() const { return models_; }
  // Each nullptr when there is none.
  const ServiceModel* by_name(std::string_view name) const;
  const ServiceModel* by_target_prefix(std::string_view prefix) const;
  const ServiceModel* by_signing_name(std::string_view name) const;
  // Of the query protocols: by the Version of the request.
  const ServiceModel* by_api_version(std::string_view version) const;

 private:
  std::vector<std::unique_ptr<ServiceModel>> models_;
};

}  // namespace enibox::api
