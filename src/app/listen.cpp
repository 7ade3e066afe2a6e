#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <crewship/app/saved_request.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/http/server.hpp>

#include "commands.hpp"
#include "receiver.hpp"

namespace crewship {
namespace {

Task<void> serve_until_signal(Server& server, asio::signal_set& signals) {
  co_await signals.async_wait(use_awaitable);
  co_await server.stop(std::chrono::seconds(1));
}

void end_on_bug(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

// In a file of its own, for `crewshipd verify`.
void save_request(const std::filesystem::path& folder, const Request& request, WallTime now) {
  // The header is a stranger's.
  std::string id(request.header("X-Crewship-Delivery").value_or(""));
  if (!DeliveryId::parse(id)) id = request.id.text();
  const std::filesystem::path file = folder / (id + "-" + std::to_string(unix_milliseconds(now)) + ".http");
  std::ofstream stream(file, std::ios::binary);
  stream << saved_request_text(request);
  stream.close();
  print_to_screen(stream ? "  saved: " + file.string() + "\n" : "  cannot save " + file.string() + "\n");
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
  if (!arguments.save_to.empty()) {
    std::error_code error;
    std::filesystem::create_directories(arguments.save_to, error);
    if (error) {
      std::fprintf(stderr, "--save %s: %s\n", arguments.save_to.c_str(), error.message().c_str());
      return exit_wrong_use;
    }
    options->save = [&](const Request& request) { save_request(arguments.save_to, request, clock.now()); };
  }
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
