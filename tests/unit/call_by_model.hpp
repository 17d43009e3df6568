#pragma once
#include <stdexcept>
#include <utility>

#include "api/wire/json_codec.hpp"
#include "api/wire/model.hpp"
#include "api/wire/service.hpp"
#include "api/wire/validate.hpp"

namespace enibox::api {

// Calls a service's handler as the dispatcher would, without bytes: what the input has and its
// shape lacks is a bug of the test, what the output has and its shape lacks one of the handler.
// Both throw std::logic_error. Constraints are checked, too: AwsError.
inline Answer call_by_model(const Service& service, const RequestContext& context,
                            const Json& input) {
  static const ModelLibrary models;
  const ServiceModel* model = models.by_name(service.name);
  const auto handler = service.operations.find(context.operation);
  if (model == nullptr || handler == service.operations.end() || !model->lists(context.operation)) {
    throw std::logic_error("no operation " + context.operation + " of " + service.name);
  }
  const Operation& operation = *model->operation(context.operation);
  encode_json(operation.input, input);
  validate(*model, operation, input);
  Answer answer = handler->second(context, input);
  encode_json(operation.output, answer.output);
  return answer;
}

}  // namespace enibox::api
