#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <crewship/base/log.hpp>
#include <crewship/http/server.hpp>

#include "commands.hpp"
#include "receiver.hpp"

namespace crewship {
namespace {

Task<void> serve_until_signal(Server& server, asio::signal_set& signals) {
  co_await signals.async_wait(asio::use_awaitable);
  co_await server.stop(std::chrono::seconds(1));
}

void end_on_bug(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

void print_to_screen(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

int listen_for_deliveries(const ListenArguments& arguments) {
  const auto address = ListenAddress::parse(arguments.listen);
  if (!address) {
    std::fprintf(stderr, "--listen must be HOST:PORT with an address or localhost, not %s\n", arguments.listen.c_str());
    return exit_wrong_use;
  }
  std::signal(SIGPIPE, SIG_IGN);
  configure_log(LogLevel::warning, LogFormat::text);
  SystemClock clock;
  SystemRandom random;
  IdGenerator ids(clock, random);
  asio::io_context loop(1);
  const auto options = std::make_shared<ReceiverOptions>(
      ReceiverOptions{.secret = arguments.secret, .answer_status = arguments.answer_status, .print = print_to_screen});
  Server server(loop.get_executor(), clock, ids, ServerLimits{}, make_receiver(clock, options));
  if (auto listening = server.listen(*address, std::nullopt); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().message.c_str());
    return exit_failed;
  }
  for (const auto& endpoint : server.local_endpoints()) {
    const ListenAddress bound{.host = endpoint.address().to_string(), .port = endpoint.port()};
    print_to_screen("Waiting for deliveries on http://" + bound.text() + "/ (any path); Ctrl-C ends.\n");
  }
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  asio::co_spawn(loop, serve_until_signal(server, signals), end_on_bug);
  loop.run();
  return 0;
}

}  // namespace crewship
