#pragma once
#include <exception>
#include <string>
#include <utility>

#include "api/json.hpp"

namespace enibox {

// An error of the AWS API, thrown where the rule it states is known, with the text AWS uses. The
// request's edge turns it into the protocol's error answer; nothing between catches it.
class AwsError : public std::exception {
 public:
  // `code` as the service spells it, without a "Client." prefix. `members` are further members of
  // the error shape (ConflictException.resourceIds and the like).
  AwsError(std::string code, std::string message, int http_status = 400,
           Json members = Json::object())
      : code_(std::move(code)),
        message_(std::move(message)),
        http_status_(http_status),
        members_(std::move(members)) {}

  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }
  int http_status() const { return http_status_; }
  const Json& members() const { return members_; }

 private:
  std::string code_;
  std::string message_;
  int http_status_;
  Json members_;
};

}  // namespace enibox
