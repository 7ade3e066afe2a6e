// What the configuration means for each room. Pure, but for the look at the process's limit of descriptors.
#pragma once

#include <cstddef>
#include <string>

#include <crewship/app/config.hpp>
#include <crewship/base/asio.hpp>
#include <crewship/delivery/dispatcher.hpp>
#include <crewship/delivery/sender.hpp>
#include <crewship/http/server.hpp>
#include <crewship/runs/executor.hpp>

namespace crewship {

// Callers may not take the descriptors that runs, deliveries and the database need. Warns when it is fewer than
// limits.connections.
std::size_t connections_that_fit(const Config& config);

ServerLimits server_limits(const Config& config, std::size_t connections);
DispatcherOptions dispatcher_options(const Config& config);
HttpSenderOptions sender_options(const Config& config);
ExecutorOptions executor_options(const Config& config, const std::string& public_url, const std::string& home);

// Under which URL a caller on this machine reaches what listens there.
std::string url_of(const asio::ip::tcp::endpoint& endpoint, bool tls);

}  // namespace crewship
