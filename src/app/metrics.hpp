// GET /metrics in the Prometheus text format: what the rooms have counted, and what the server holds at the moment of
// the scrape. Label values are words of the program itself, so their number is bounded. Loop thread.
#pragma once

#include <filesystem>

#include <crewship/base/clock.hpp>
#include <crewship/base/metrics.hpp>
#include <crewship/delivery/dispatcher.hpp>
#include <crewship/events/change_feed.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/http/router.hpp>
#include <crewship/http/server.hpp>
#include <crewship/ingress/ingress.hpp>
#include <crewship/runs/executor.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct MetricsSources {
  Store& store;
  Clock& clock;
  RunExecutor& runs;
  const Spawner& spawner;
  Dispatcher& deliveries;
  RunFeeds& feeds;
  ChangeFeed& changes;
  const Ingress& ingress;
  const Histogram& loop_delay;
  const Server& server;
  const Server* admin_server = nullptr;
  std::filesystem::path database;
  WallTime started_at{};
};

void add_metrics_route(Router& router, MetricsSources sources);

}  // namespace crewship
