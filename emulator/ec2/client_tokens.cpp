#include "emulator/ec2/client_tokens.hpp"

#include "api/error.hpp"

namespace enibox::ec2 {
namespace {

constexpr const char* kMember = "ClientToken";
constexpr std::int64_t kGood_ms = 86'400'000;

std::string request_text(const Json& in) {
  Json rest = in;
  rest.erase(kMember);
  return rest.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string token_of(const Json& in) { return in.value(kMember, ""); }

}  // namespace

std::optional<Json> ClientTokens::answered(const api::RequestContext& request, const Json& in) {
  const auto token = token_of(in);
  if (token.empty()) return std::nullopt;
  auto row = find_.query(request.region, request.operation, token, clock_.now_ms() - kGood_ms);
  if (!row.next()) return std::nullopt;
  if (row.text(0) == request_text(in)) return Json::parse(row.text(1));
  throw AwsError("IdempotentParameterMismatch",
                 "Arguments on this idempotent request are inconsistent with arguments used in "
                 "previous request(s).");
}

void ClientTokens::remember(const api::RequestContext& request, const Json& in,
                            const Json& answer) {
  const auto token = token_of(in);
  if (token.empty()) return;
  erase_.run(clock_.now_ms() - kGood_ms);
  insert_.run(request.region, request.operation, token, request_text(in),
              answer.dump(-1, ' ', false, Json::error_handler_t::replace), clock_.now_ms());
}

bool has_own_client_tokens(std::string_view operation) {
  return operation == "RunInstances" || operation == "CreateNatGateway";
}

}  // namespace enibox::ec2
