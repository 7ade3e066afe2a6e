// GET /metrics in the Prometheus text format: what the server holds at the moment of the scrape. Loop thread.
#pragma once

#include <crewship/base/clock.hpp>
#include <crewship/delivery/dispatcher.hpp>
#include <crewship/events/change_feed.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/http/router.hpp>
#include <crewship/http/server.hpp>
#include <crewship/runs/executor.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct MetricsSources {
  Store& store;
  Clock& clock;
  RunExecutor& runs;
  Dispatcher& deliveries;
  RunFeeds& feeds;
  ChangeFeed& changes;
  Server& server;
  Server* admin_server = nullptr;
};

void add_metrics_route(Router& router, MetricsSources sources);

}  // namespace crewship
