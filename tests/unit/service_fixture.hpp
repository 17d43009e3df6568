#pragma once
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "api/error.hpp"
#include "tests/unit/call_by_model.hpp"
#include "tests/unit/fake_clock.hpp"

namespace enibox {

// A service's table, called as the dispatcher would: what goes in and what comes out is held to
// the model. The test makes `service`.
class ServiceFixture : public ::testing::Test {
 protected:
  api::Answer answer(const std::string& operation, const Json& in,
                     const std::string& region = "us-east-1") {
    const api::RequestContext request{.region = region,
                                      .account_id = "111122223333",
                                      .access_key_id = access_key_id,
                                      .request_id = "req",
                                      .host = "127.0.0.1:4566",
                                      .service = service.name,
                                      .operation = operation};
    return api::call_by_model(service, request, in);
  }
  Json call(const std::string& operation, const Json& in = Json::object(),
            const std::string& region = "us-east-1") {
    return answer(operation, in, region).output;
  }
  // "Code: message" of the error the call ends with; "" when it succeeds.
  std::string error(const std::string& operation, const Json& in,
                    const std::string& region = "us-east-1") {
    try {
      call(operation, in, region);
      return "";
    } catch (const AwsError& e) {
      return e.code() + ": " + e.message();
    }
  }

  std::string access_key_id = "test";  // who calls
  FakeClock clock;
  api::Service service;
};

}  // namespace enibox
