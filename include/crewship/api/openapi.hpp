// GET /openapi.json: docs/openapi.yaml as JSON, made at build time. Needs no key.
#pragma once

#include <string_view>

#include <crewship/http/router.hpp>

namespace crewship {

std::string_view openapi_document();
void add_openapi_route(Router& router);

}  // namespace crewship
