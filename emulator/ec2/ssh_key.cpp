#include "emulator/ec2/ssh_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <memory>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "api/wire/base64.hpp"

namespace enibox::ec2 {
namespace {

template <auto Free>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Release<BN_free>>;

void check(bool fine) {
  if (!fine) throw std::runtime_error("the cryptographic library failed to make a key");
}

// RFC 4251: a length of four bytes, then the bytes.
std::string field(std::string_view bytes) {
  const auto n = bytes.size();
  std::string out{static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                  static_cast<char>(n)};
  return out.append(bytes);
}

// An mpint, which is also the content of a DER INTEGER: big endian, never negative.
std::string number_bytes(const Key& key, const char* name) {
  BIGNUM* raw = nullptr;
  check(EVP_PKEY_get_bn_param(key.get(), name, &raw) == 1);
  const Number number(raw);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  if (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0) bytes.insert(0, 1, 0);
  return bytes;
}

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  check(EVP_Digest(bytes.data(), bytes.size(), out, &size, algorithm, nullptr) == 1);
  return {reinterpret_cast<const char*>(out), size};
}

std::string colon_hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ':';
    text += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return text;
}

std::string der(char tag, std::string_view content) {
  std::string out(1, tag);
  const auto n = content.size();
  if (n >= 256)
    out += {'\x82', static_cast<char>(n >> 8)};
  else if (n >= 128)
    out += '\x81';
  out += static_cast<char>(n);
  return out.append(content);
}

// SubjectPublicKeyInfo of an RSA key: what EC2 takes the MD5 of for an imported one.
std::string rsa_spki(const std::string& e, const std::string& n) {
  using namespace std::string_literals;
  const auto algorithm = der(0x30, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"s);
  const auto key = der(0x30, der(0x02, n) + der(0x02, e));
  return der(0x30, algorithm + der(0x03, "\0"s + key));
}

std::string memory_text(const Bio& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

SshKey rsa_key() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
  check(key != nullptr);
  const Bio pem(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PrivateKey_traditional(pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                             nullptr) == 1);
  const Bio pkcs8(BIO_new(BIO_s_mem()));
  check(i2d_PKCS8PrivateKey_bio(pkcs8.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
        1);
  const auto blob = field("ssh-rsa") + field(number_bytes(key, OSSL_PKEY_PARAM_RSA_E)) +
                    field(number_bytes(key, OSSL_PKEY_PARAM_RSA_N));
  return {.public_key = "ssh-rsa " + api::base64_encode(blob),
          .fingerprint = colon_hex(digest(EVP_sha1(), memory_text(pkcs8))),
          .type = "rsa",
          .private_pem = memory_text(pem)};
}

// OpenSSH's own form of a private key, without a passphrase.
std::string openssh_private(const std::string& public_blob, const std::string& private_fields) {
  using namespace std::string_literals;
  std::string nonce(4, '\0');
  check(RAND_bytes(reinterpret_cast<unsigned char*>(nonce.data()), 4) == 1);
  auto secret = nonce + nonce + private_fields + field("");
  for (char pad = 1; secret.size() % 8 != 0; ++pad) secret += pad;
  const auto text =
      api::base64_encode("openssh-key-v1\0"s + field("none") + field("none") + field("") +
                         "\0\0\0\1"s + field(public_blob) + field(secret));
  std::string pem = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  for (std::size_t i = 0; i < text.size(); i += 70) pem += text.substr(i, 70) + "\n";
  return pem + "-----END OPENSSH PRIVATE KEY-----\n";
}

SshKey ed25519_key() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  check(key != nullptr);
  std::string raw(32, '\0');
  std::string seed(32, '\0');
  std::size_t size = raw.size();
  check(EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                    &size) == 1);
  size = seed.size();
  check(EVP_PKEY_get_raw_private_key(key.get(), reinterpret_cast<unsigned char*>(seed.data()),
                                     &size) == 1);
  const auto blob = field("ssh-ed25519") + field(raw);
  return {.public_key = "ssh-ed25519 " + api::base64_encode(blob),
          .fingerprint = api::base64_encode(digest(EVP_sha256(), blob)),
          .type = "ed25519",
          .private_pem = openssh_private(blob, blob + field(seed + raw))};
}

// The fields of a key blob; nothing when the lengths do not add up.
std::optional<std::vector<std::string>> read_fields(std::string_view blob) {
  std::vector<std::string> fields;
  while (!blob.empty()) {
    if (blob.size() < 4) return std::nullopt;
    std::size_t size = 0;
    for (int i = 0; i < 4; ++i) {
      size = size << 8 | static_cast<unsigned char>(blob[static_cast<std::size_t>(i)]);
    }
    blob.remove_prefix(4);
    if (size > blob.size()) return std::nullopt;
    fields.emplace_back(blob.substr(0, size));
    blob.remove_prefix(size);
  }
  return fields;
}

// The base64 of RFC 4716's form: after its headers, which go on after a backslash.
std::string rfc4716_body(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::string body;
  std::getline(lines, line);
  bool header_goes_on = false;
  while (std::getline(lines, line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("----")) break;
    const bool header = header_goes_on || line.find(':') != std::string::npos;
    header_goes_on = header && line.ends_with('\\');
    if (!header) body += line;
  }
  return body;
}

}  // namespace

SshKey make_ssh_key(const std::string& type) {
  return type == "ed25519" ? ed25519_key() : rsa_key();
}

std::optional<SshKey> read_ssh_key(const std::string& text) {
  std::string name;
  std::string body;
  if (text.starts_with("---- BEGIN SSH2 PUBLIC KEY ----")) {
    body = rfc4716_body(text);
  } else {
    const auto space = text.find(' ');
    if (space == std::string::npos) return std::nullopt;
    name = text.substr(0, space);
    const auto end = text.find_first_of(" \r\n", space + 1);
    body = text.substr(space + 1, end == std::string::npos ? end : end - space - 1);
  }
  const auto blob = api::base64_decode(body);
  const auto fields = blob ? read_fields(*blob) : std::nullopt;
  if (!fields || fields->empty()) return std::nullopt;
  if (name.empty()) name = fields->front();
  if (fields->front() != name) return std::nullopt;
  if (name == "ssh-rsa" && fields->size() == 3) {
    return SshKey{.public_key = name + " " + body,
                  .fingerprint = colon_hex(digest(EVP_md5(), rsa_spki((*fields)[1], (*fields)[2]))),
                  .type = "rsa",
                  .private_pem = {}};
  }
  if (name == "ssh-ed25519" && fields->size() == 2 && (*fields)[1].size() == 32) {
    return SshKey{.public_key = name + " " + body,
                  .fingerprint = api::base64_encode(digest(EVP_sha256(), *blob)),
                  .type = "ed25519",
                  .private_pem = {}};
  }
  return std::nullopt;
}

}  // namespace enibox::ec2
