#include "api/stream/service_client.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace enibox::stream {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::chrono::seconds kLimit{5};
constexpr const char* kContentType = "application/x-amz-json-1.1";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 0xf];
  }
  return text;
}

std::string sha256_hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return hex(digest, size);
}

std::string hmac(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// One profile of an INI file.
Credentials read_profile(const std::string& path, const std::string& profile) {
  Credentials found;
  std::ifstream file(path);
  bool here = false;
  for (std::string line; std::getline(file, line);) {
    line = trimmed(line);
    if (line.starts_with('[')) here = line == "[" + profile + "]";
    const auto equals = line.find('=');
    if (!here || equals == std::string::npos) continue;
    const auto key = trimmed(line.substr(0, equals)), value = trimmed(line.substr(equals + 1));
    if (key == "aws_access_key_id") found.access_key_id = value;
    if (key == "aws_secret_access_key") found.secret_access_key = value;
    if (key == "aws_session_token") found.session_token = value;
  }
  return found;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

http::request<http::string_body> make_request(const PluginArguments& session, const Url& url,
                                              const std::string& operation, const Json& input) {
  const auto credentials = find_credentials(session.profile);
  const bool usual_port = url.port == "80";
  const std::string name =
      url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const SigningInput signing{.host = usual_port ? name : name + ":" + url.port,
                             .region = session.region,
                             .service = "ssm",
                             .amz_date = utc_now(),
                             .amz_target = "AmazonSSM." + operation,
                             .content_type = kContentType,
                             .body = input.dump()};
  http::request<http::string_body> request(http::verb::post, "/", 11);
  request.set(http::field::host, signing.host);
  request.set(http::field::content_type, kContentType);
  request.set(http::field::authorization, authorization(credentials, signing));
  request.set("X-Amz-Date", signing.amz_date);
  request.set("X-Amz-Target", signing.amz_target);
  if (!credentials.session_token.empty()) {
    request.set("X-Amz-Security-Token", credentials.session_token);
  }
  request.body() = signing.body;
  request.prepare_payload();
  return request;
}

asio::awaitable<http::response<http::string_body>> exchange(
    const Url& url, const http::request<http::string_body>& request) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(executor);
  const auto addresses = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
  beast::tcp_stream stream(executor);
  stream.expires_after(kLimit);
  co_await stream.async_connect(addresses, asio::use_awaitable);
  co_await http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  co_await http::async_read(stream, buffer, response, asio::use_awaitable);
  co_return response;
}

}  // namespace

std::string reason(const std::exception& error) {
  const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
  return system != nullptr ? system->code().message() : error.what();
}

Credentials find_credentials(const std::string& profile) {
  Credentials found{variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                    variable("AWS_SESSION_TOKEN")};
  if (!found.access_key_id.empty() && profile.empty()) return found;
  std::string path = variable("AWS_SHARED_CREDENTIALS_FILE");
  if (path.empty()) path = variable("HOME") + "/.aws/credentials";
  std::string name = profile.empty() ? variable("AWS_PROFILE") : profile;
  if (name.empty()) name = "default";
  auto from_file = read_profile(path, name);
  if (!from_file.access_key_id.empty()) return from_file;
  if (!found.access_key_id.empty()) return found;
  return {"test", "test", ""};
}

std::string authorization(const Credentials& credentials, const SigningInput& input) {
  const bool token = !credentials.session_token.empty();
  const std::string signed_headers = std::string("content-type;host;x-amz-date;") +
                                     (token ? "x-amz-security-token;" : "") + "x-amz-target";
  const std::string canonical =
      "POST\n/\n\ncontent-type:" + input.content_type + "\nhost:" + input.host +
      "\nx-amz-date:" + input.amz_date + "\n" +
      (token ? "x-amz-security-token:" + credentials.session_token + "\n" : "") +
      "x-amz-target:" + input.amz_target + "\n\n" + signed_headers + "\n" + sha256_hex(input.body);
  const std::string date = input.amz_date.substr(0, 8);
  const std::string scope = date + "/" + input.region + "/" + input.service + "/aws4_request";
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + input.amz_date + "\n" + scope + "\n" + sha256_hex(canonical);
  std::string key = hmac("AWS4" + credentials.secret_access_key, date);
  for (const auto& part : {input.region, input.service, std::string("aws4_request")}) {
    key = hmac(key, part);
  }
  const std::string signature = hmac(key, to_sign);
  return "AWS4-HMAC-SHA256 Credential=" + credentials.access_key_id + "/" + scope +
         ", SignedHeaders=" + signed_headers + ", Signature=" +
         hex(reinterpret_cast<const unsigned char*>(signature.data()), signature.size());
}

asio::awaitable<ServiceAnswer> call_ssm(const PluginArguments& session, std::string operation,
                                        Json input) {
  ServiceAnswer answer;
  const auto url = parse_url(session.endpoint);
  if (!url || url->scheme != "http") {
    answer.error = "the endpoint \"" + session.endpoint + "\" is no http:// URL";
    co_return answer;
  }
  try {
    const auto request = make_request(session, *url, operation, input);
    const auto response = co_await exchange(*url, request);
    answer.status = response.result_int();
    answer.body = Json::parse(response.body(), nullptr, false);
    if (answer.status != 200) {
      answer.error = operation + " answered " + std::to_string(answer.status);
    }
  } catch (const std::exception& error) {
    answer.error = reason(error);
  }
  co_return answer;
}

}  // namespace enibox::stream
