#include "emulator/daemon.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "emulator/porter_link.hpp"

namespace enibox {

int run_daemon(DaemonOptions options) {
  spdlog::set_level(options.log_level);
  boost::asio::io_context loop(1);
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT, SIGHUP);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) loop.stop();
  });
  PorterLink porter(loop, netns::UniqueFd(options.porter_fd), {[&] { loop.stop(); }, nullptr});
  porter.ready();
  loop.run();
  return 0;
}

}  // namespace enibox
