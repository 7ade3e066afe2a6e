// The routes that belong to no other room: health, readiness, metrics, and what is answered before start and after
// stop.
#pragma once

#include <functional>
#include <string>

#include <crewship/http/router.hpp>

namespace crewship {

enum class AppState { starting, ready, draining };

void add_health_route(Router& router);
// Why a state is not the ready one; nothing when it is.
Result<> ready_in(AppState state);
// Not ready: 503 with the reason.
void add_readiness_route(Router& router, std::function<Task<Result<>>()> readiness);

// Everything but the health routes is answered 503 until the App is ready.
Task<Response> dispatch_when_started(const Router& router, AppState state, Request& request);

}  // namespace crewship
