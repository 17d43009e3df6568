#include "api/http/authenticator.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "api/http/aws_chunked.hpp"
#include "api/wire/scalars.hpp"
#include "api/wire/signature.hpp"

namespace enibox::api::http {

// What a request says of itself, in either form.
struct Authenticator::Claim {
  std::string access_key_id, amz_date, session_token, signature;
  SigningScope scope;
  std::vector<std::string> signed_headers;
  bool presigned = false;
  std::int64_t expires_s = 0;  // of a presigned one, behind its date
};

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::int64_t kWindow_s = 5 * 60;
constexpr std::int64_t kLongestPresigned_s = 7 * 24 * 3600;

constexpr const char* kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

AwsError incomplete(std::string message) {
  return {"IncompleteSignature", std::move(message), 400};
}
AwsError mismatch(std::string message) {
  return {"SignatureDoesNotMatch", std::move(message), 403};
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const auto at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "a   b " -> "a b": the canonical form of a header's value.
std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : trimmed(text)) {
    const bool space = c == ' ' || c == '\t';
    if (!space) {
      out += c;
    } else if (out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::string compact_time(std::int64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

// "20260101T120000Z"
std::optional<std::int64_t> parse_compact_time(const std::string& text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto seconds = parse_timestamp(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" +
                                       text.substr(6, 2) + "T" + text.substr(9, 2) + ":" +
                                       text.substr(11, 2) + ":" + text.substr(13, 2) + "Z");
  if (!seconds || !seconds->is_number_integer()) return std::nullopt;
  return seconds->get<std::int64_t>();
}

struct Credential {
  std::string access_key_id;
  SigningScope scope;
};

Credential parse_credential(const std::string& text) {
  const auto parts = split(text, '/');
  if (parts.size() < 5) {
    throw incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term, got '" +
        text + "'");
  }
  const auto from_end = [&](std::size_t i) { return parts[parts.size() - i]; };
  if (from_end(1) != "aws4_request") {
    throw mismatch("Credential should be scoped with a valid terminator: 'aws4_request', not '" +
                   from_end(1) + "'.");
  }
  const auto id_size = text.size() - from_end(1).size() - from_end(2).size() - from_end(3).size() -
                       from_end(4).size() - 4;
  return {text.substr(0, id_size), {from_end(4), from_end(3), from_end(2)}};
}

// "Credential=..., SignedHeaders=..., Signature=..."
std::map<std::string, std::string> fields_of(std::string_view header) {
  std::map<std::string, std::string> out;
  for (const auto& field : split(header, ',')) {
    const auto text = trimmed(field);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return out;
}

// The path as sent is encoded once; it is signed encoded twice, without "." and "..".
std::string canonical_path(std::string_view path) {
  std::vector<std::string> kept;
  for (auto& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(std::move(part));
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (const auto& part : kept) out += "/" + part;
  if (out.empty() || path.ends_with('/')) out += "/";
  return uri_encode(out, true);
}

std::string canonical_query(const Request& request) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : parse_query(request.query)) {
    if (name != "X-Amz-Signature") {
      pairs.emplace_back(uri_encode(name, false), uri_encode(value, false));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

std::string canonical_header(const Request& request, const std::string& name) {
  std::string values;
  const auto [first, last] = request.headers.equal_range(name);
  for (auto field = first; field != last; ++field) {
    if (field != first) values += ',';
    values += collapsed({field->value().data(), field->value().size()});
  }
  return name + ":" + values + "\n";
}

// Streamed bodies name their kind; of any other the hash is what we find it to be.
std::string payload_hash(const Request& request) {
  const std::string given(request.header("X-Amz-Content-Sha256"));
  const bool named = given.starts_with("STREAMING-") || given == "UNSIGNED-PAYLOAD";
  return named ? given : sha256_hex(request.body);
}

// In a time that does not tell where they differ.
bool same(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Authenticator::Claim Authenticator::claim_of_header(const Request& request) {
  const std::string header(request.header("Authorization"));
  if (!header.starts_with(kAlgorithm)) {
    throw incomplete("Unsupported AWS 'algorithm': '" + header.substr(0, header.find(' ')) + "'.");
  }
  const auto fields = fields_of(std::string_view(header).substr(kAlgorithm.size()));
  std::string lacks;
  for (const char* name : {"Credential", "Signature", "SignedHeaders"}) {
    if (fields.contains(name)) continue;
    lacks += std::string("Authorization header requires '") + name + "' parameter. ";
  }
  const std::string date(request.header("X-Amz-Date"));
  if (date.empty()) {
    lacks +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (!lacks.empty()) throw incomplete(lacks + "Authorization=" + header);
  auto credential = parse_credential(fields.at("Credential"));
  return {.access_key_id = std::move(credential.access_key_id),
          .amz_date = date,
          .session_token = std::string(request.header("X-Amz-Security-Token")),
          .signature = fields.at("Signature"),
          .scope = std::move(credential.scope),
          .signed_headers = split(fields.at("SignedHeaders"), ';'),
          .presigned = false,
          .expires_s = 0};
}

Authenticator::Claim Authenticator::claim_of_query(const Request& request) {
  std::string lacks;
  const auto need = [&](const char* name) {
    auto value = request.parameter(name);
    if (!value) lacks += std::string("AWS query-string parameters must include '") + name + "'. ";
    return value.value_or("");
  };
  if (const auto algorithm = need("X-Amz-Algorithm");
      !algorithm.empty() && algorithm != kAlgorithm) {
    throw incomplete("Unsupported AWS 'algorithm': '" + algorithm + "'.");
  }
  const auto credential_text = need("X-Amz-Credential");
  Claim out;
  out.presigned = true;
  out.amz_date = need("X-Amz-Date");
  out.session_token = request.parameter("X-Amz-Security-Token").value_or("");
  out.signature = need("X-Amz-Signature");
  out.signed_headers = split(need("X-Amz-SignedHeaders"), ';');
  if (!lacks.empty()) throw incomplete(lacks + "Re-examine the query-string parameters.");
  auto credential = parse_credential(credential_text);
  out.access_key_id = std::move(credential.access_key_id);
  out.scope = std::move(credential.scope);
  const auto expires = parse_integer(request.parameter("X-Amz-Expires").value_or("300"));
  if (!expires || *expires < 1 || *expires > kLongestPresigned_s) {
    throw AwsError("AuthorizationQueryParametersError",
                   "X-Amz-Expires must be a number between 1 and 604800.", 400);
  }
  out.expires_s = *expires;
  return out;
}

void Authenticator::check_time(const Claim& claim) const {
  const auto then = parse_compact_time(claim.amz_date);
  if (!then) {
    throw incomplete("Date must be in ISO-8601 'basic format'. Got '" + claim.amz_date +
                     "'. See http://en.wikipedia.org/wiki/ISO_8601");
  }
  if (claim.amz_date.substr(0, 8) != claim.scope.date) {
    throw mismatch(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: '" +
        claim.scope.date + "' != '" + claim.amz_date.substr(0, 8) + "', from '" + claim.amz_date +
        "'.");
  }
  const auto now = now_s_();
  const auto oldest = now - (claim.presigned ? claim.expires_s : kWindow_s);
  const auto minutes = [&](const char* sign) { return compact_time(now) + " " + sign + " 5 min."; };
  if (*then < oldest) {
    throw AwsError("RequestExpired",
                   "Signature expired: " + claim.amz_date + " is now earlier than " +
                       compact_time(oldest) + " (" +
                       (claim.presigned ? compact_time(now) : minutes("-")) + ")",
                   403);
  }
  if (*then > now + kWindow_s) {
    throw AwsError("RequestExpired",
                   "Signature not yet current: " + claim.amz_date + " is still later than " +
                       compact_time(now + kWindow_s) + " (" + minutes("+") + ")",
                   403);
  }
}

SigningSecret Authenticator::secret_of(const Claim& claim) const {
  constexpr const char* kInvalid = "The security token included in the request is invalid.";
  auto secret = secrets_(claim.access_key_id);
  if (!secret || !same(secret->session_token, claim.session_token)) {
    throw AwsError("InvalidClientTokenId", kInvalid, 403);
  }
  if (secret->expires_s != 0 && secret->expires_s <= now_s_()) {
    throw AwsError("ExpiredToken", "The security token included in the request is expired", 403);
  }
  return *secret;
}

// docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
void Authenticator::check_chunks(const Request& request, const Claim& claim,
                                 const std::string& key) {
  const auto hash = request.header("X-Amz-Content-Sha256");
  if (!hash.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")) return;
  const auto body = parse_aws_chunked(request.body);
  std::string previous = claim.signature;
  const auto check_one = [&](const std::string& kind, const std::string& digests,
                             const std::string& signature) {
    const auto expected =
        to_hex(hmac_sha256(key, kind + "\n" + claim.amz_date + "\n" + claim.scope.text() + "\n" +
                                    previous + "\n" + digests));
    if (!same(expected, signature)) throw mismatch(kMismatch);
    previous = signature;
  };
  for (const auto& chunk : body.chunks) {
    check_one("AWS4-HMAC-SHA256-PAYLOAD", sha256_hex("") + "\n" + sha256_hex(chunk.data),
              chunk.signature);
  }
  if (!hash.ends_with("-TRAILER")) return;
  std::string lines;
  for (const auto& [name, value] : body.trailers)
    lines.append(name).append(":").append(value) += '\n';
  check_one("AWS4-HMAC-SHA256-TRAILER", sha256_hex(lines), body.trailer_signature);
}

void Authenticator::check(const Request& request) const {
  const bool by_header = !request.header("Authorization").empty();
  const Claim claim = by_header ? claim_of_header(request) : claim_of_query(request);
  if (std::find(claim.signed_headers.begin(), claim.signed_headers.end(), "host") ==
      claim.signed_headers.end()) {
    throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  check_time(claim);
  const auto secret = secret_of(claim);

  std::string canonical =
      request.method + "\n" + canonical_path(request.path) + "\n" + canonical_query(request) + "\n";
  std::string names;
  for (const auto& name : claim.signed_headers) {
    canonical += canonical_header(request, name);
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += "\n" + names + "\n" + payload_hash(request);
  const auto key = signing_key(secret.secret_access_key, claim.scope);
  const auto expected =
      to_hex(hmac_sha256(key, std::string(kAlgorithm) + "\n" + claim.amz_date + "\n" +
                                  claim.scope.text() + "\n" + sha256_hex(canonical)));
  if (!same(expected, claim.signature)) throw mismatch(kMismatch);
  check_chunks(request, claim, key);
}

std::optional<AwsError> Authenticator::refuse(const Request& request) const {
  try {
    check(request);
    return std::nullopt;
  } catch (const AwsError& error) {
    return error;
  }
}

}  // namespace enibox::api::http
