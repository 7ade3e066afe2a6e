#include <crewship/api/openapi.hpp>

#include <string>

namespace crewship {
namespace {

Task<Response> serve_document(Request&) { co_return json_response(200, std::string(openapi_document())); }

}  // namespace

void add_openapi_route(Router& router) { router.add("GET", "/openapi.json", serve_document); }

}  // namespace crewship
