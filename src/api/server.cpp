// What this server is: version, since when, and the settings in force.
#include <crewship/base/time_format.hpp>
#include <crewship/base/version.hpp>

#include "answers.hpp"
#include "context.hpp"

namespace crewship {
namespace {

Task<Response> get(ApiContext& api, Request&) {
  JsonWriter json;
  json.begin_object()
      .field("name", "crewshipd")
      .field("version", version)
      .field("public_url", api.options.public_url)
      .field("started_at", format_timestamp(api.started_at))
      .raw_field("limits", api.options.settings())
      .end_object();
  co_return json_response(200, json.take());
}

}  // namespace

void add_server_routes(ApiRoutes& routes) { routes.add("GET", "/v1/server", get); }

}  // namespace crewship
