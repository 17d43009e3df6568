#pragma once
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "api/wire/json_codec.hpp"
#include "api/wire/model.hpp"

// Holds a test's requests and a handler's answers to the service's model: every member is one the
// shape has, of its kind.
namespace enibox {

inline void expect_shapes(const std::string& service, const std::string& operation,
                          const Json& input, const Json& output) {
  static const api::ModelLibrary models;
  const auto* shapes = models.by_name(service)->operation(operation);
  ASSERT_TRUE(shapes != nullptr && shapes->listed) << operation << " is not in the list";
  try {
    if (shapes->input != nullptr) api::encode_json(shapes->input, input);
    api::encode_json(shapes->output, output);
  } catch (const std::logic_error& mismatch) {
    ADD_FAILURE() << service << " " << operation << ": " << mismatch.what();
  }
}

}  // namespace enibox
