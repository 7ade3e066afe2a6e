#include <crewship/store/api_keys.hpp>

#include <crewship/base/crypto.hpp>
#include <crewship/base/log.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "API key";

Task<Response> create(ApiContext& api, Request& request) {
  RequestBody body(request);
  const ApiKey key{.id = api.ids.make<ApiKeyId>(),
                   .name = body.text("name", check_name),
                   .created_at = api.clock.now(),
                   .last_used_at = std::nullopt};
  if (auto problem = body.problem()) co_return error_response(*problem);
  const std::string text = make_api_key(api.random);
  const auto created = co_await api.store.write([&](Tx& tx) -> Result<ApiKeyWithText> {
    insert_api_key(tx, key, sha256(text));
    return ApiKeyWithText{key, text};
  });
  if (created) log_info("api key created", {{"api_key_id", key.id}, {"name", key.name}});
  co_return answer(201, created);
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto query = ListQuery::parse(request, is_id_cursor<ApiKeyId>);
  if (!query) co_return error_response(query.error());
  co_return answer_list("api_keys", co_await api.store.read([&](Tx& tx) -> Result<Page<ApiKey>> {
    return list_api_keys(tx, query->page());
  }));
}

Task<Response> remove(ApiContext& api, Request& request) {
  const auto id = path_id<ApiKeyId>(request, what);
  if (!id) co_return error_response(id.error());
  const auto removed = co_await api.store.write([&](Tx& tx) -> Result<> {
    switch (delete_api_key(tx, *id)) {
      case DeleteApiKeyResult::not_found:
        return std::unexpected(not_found(what));
      case DeleteApiKeyResult::last_one:
        return fail(ErrorKind::conflict, "last_api_key", "This is the last API key. Make another one first.");
      case DeleteApiKeyResult::deleted:
        break;
    }
    return {};
  });
  if (removed) {
    api.touched_at.erase(*id);
    api.streams.end_those_of_key(*id);
    log_info("api key deleted", {{"api_key_id", *id}});
  }
  co_return answer_empty(removed);
}

}  // namespace

void add_api_key_routes(ApiRoutes& routes) {
  routes.add("POST", "/v1/api-keys", create);
  routes.add("GET", "/v1/api-keys", list);
  routes.add("DELETE", "/v1/api-keys/{id}", remove);
}

}  // namespace crewship
