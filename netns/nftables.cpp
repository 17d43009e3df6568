#include "netns/nftables.hpp"

#include <nftables/libnftables.h>

#include <cstring>

namespace enibox::netns {
namespace {

// nft prints where in the input an error is, over several lines; one line is enough for a log.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// libnftables keeps errno of the failed netlink answer only in its message.
int errno_of(const std::string& message) {
  for (const int candidate : {ENOENT, EEXIST, EPERM, EBUSY, EMSGSIZE, ENOMEM, ENOBUFS, EOPNOTSUPP})
    if (message.find(std::strerror(candidate)) != std::string::npos) return candidate;
  return EINVAL;
}

}  // namespace

struct Nftables::Context {
  Handle<nft_ctx, nft_ctx_free> nft;
};

Nftables::Nftables(const Namespace& where) : context_(std::make_unique<Context>()) {
  // The context opens its socket where it is made.
  where.run([&] { context_->nft.reset(nft_ctx_new(NFT_CTX_DEFAULT)); });
  if (!context_->nft) throw std::system_error(ENOMEM, std::generic_category(), "open nftables");
  nft_ctx_buffer_output(context_->nft.get());
  nft_ctx_buffer_error(context_->nft.get());
}
Nftables::Nftables(Nftables&&) noexcept = default;
Nftables& Nftables::operator=(Nftables&&) noexcept = default;
Nftables::~Nftables() = default;

void Nftables::apply(const std::string& commands, const std::string& step) {
  if (commands.empty()) return;
  nft_ctx* nft = context_->nft.get();
  const int result = nft_run_cmd_from_buffer(nft, commands.c_str());
  nft_ctx_get_output_buffer(nft);  // reading empties it
  const std::string message = nft_ctx_get_error_buffer(nft);
  if (result == 0) return;
  throw std::system_error(errno_of(message), std::generic_category(),
                          step + " (nft: " + first_line(message) + ")");
}

std::string Nftables::query(const std::string& command) {
  nft_ctx* nft = context_->nft.get();
  const int result = nft_run_cmd_from_buffer(nft, command.c_str());
  const std::string output = nft_ctx_get_output_buffer(nft);
  const std::string message = nft_ctx_get_error_buffer(nft);
  if (result != 0)
    throw std::system_error(errno_of(message), std::generic_category(),
                            command + " (nft: " + first_line(message) + ")");
  return output;
}

}  // namespace enibox::netns
