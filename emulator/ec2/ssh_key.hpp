#pragma once
#include <optional>
#include <string>

// SSH keys as EC2 makes and reads them. Pure but for the random numbers; any thread. Making an RSA
// key takes 50 to 200 ms.
namespace enibox::ec2 {

struct SshKey {
  std::string public_key;   // "ssh-rsa AAAA..."
  std::string fingerprint;  // as EC2 shows it
  std::string type;         // "rsa", "ed25519"
  std::string private_pem;  // only of a key made here
};

// RSA of 2048 bits, or ed25519. Throws std::runtime_error when the library fails.
SshKey make_ssh_key(const std::string& type);
// A public key in OpenSSH's form or in that of RFC 4716; nothing for any other text.
std::optional<SshKey> read_ssh_key(const std::string& text);

}  // namespace enibox::ec2
