#pragma once
#include <sys/types.h>

#include <span>
#include <string_view>

#include "netns/handle.hpp"

// Descriptors between processes, over a socket of AF_UNIX (unix(7), SCM_RIGHTS). What is open stays
// where it was opened: a socket keeps its network namespace. Any thread.
namespace enibox::netns {

// send(2) with a descriptor, which stays the caller's, too. -1 and errno.
ssize_t send_with_descriptor(int socket, std::string_view text, int descriptor);

// recv(2) without waiting, and the descriptor that came with it, closed on exec. -1 and errno.
ssize_t receive_with_descriptor(int socket, std::span<char> buffer, UniqueFd& descriptor);

}  // namespace enibox::netns
