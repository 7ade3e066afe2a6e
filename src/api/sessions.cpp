// /console/session: a browser changes an API key for a cookie that scripts cannot read, and back.
#include <crewship/store/sessions.hpp>

#include <crewship/base/crypto.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/log_limit.hpp>
#include <crewship/base/version.hpp>
#include <crewship/store/api_keys.hpp>

#include "answers.hpp"
#include "authentication.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::size_t cookie_bytes = 32;

std::string cookie_header(const ApiContext& api, std::string_view value, std::chrono::milliseconds lifetime) {
  std::string text(session_cookie);
  text.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Strict; Max-Age=");
  text.append(std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lifetime).count()));
  if (api.options.secure_cookies) text.append("; Secure");
  return text;
}

void set_cookie(const ApiContext& api, Response& response, std::string_view value, std::chrono::milliseconds lifetime) {
  response.headers.emplace_back("Set-Cookie", cookie_header(api, value, lifetime));
  response.headers.emplace_back("Cache-Control", "no-store");
}

Result<ApiKey> key_of_hash(Tx& tx, const std::string& hash) {
  auto key = find_api_key_by_hash(tx, hash);
  if (!key) return fail(ErrorKind::unauthorized, "wrong_key", "There is no such API key.", "api_key");
  return *std::move(key);
}

// A stranger's wrong key or cookie gets no turn of the writer: here and below it is looked up first.
Task<Result<Session>> begin_session(ApiContext& api, const std::string& key_text, const std::string& cookie) {
  const std::string key_hash = sha256(key_text);
  const std::string cookie_hash = sha256(cookie);
  auto known = co_await api.store.read([&](Tx& tx) { return key_of_hash(tx, key_hash); });
  if (!known) co_return std::unexpected(std::move(known).error());
  co_return co_await api.store.write([&](Tx& tx) -> Result<Session> {
    const auto key = key_of_hash(tx, key_hash);
    if (!key) return std::unexpected(key.error());
    const WallTime now = api.clock.now();
    Session session{key->id, now, now + api.options.session_lifetime};
    delete_expired_sessions(tx, now);
    insert_session(tx, cookie_hash, session);
    touch_api_key(tx, key->id, now);
    return session;
  });
}

Task<Result<bool>> is_session(ApiContext& api, const std::string& cookie_hash) {
  co_return co_await api.store.read(
      [&](Tx& tx) -> Result<bool> { return find_session(tx, cookie_hash, api.clock.now()).has_value(); });
}

Task<Response> sign_in(ApiContext& api, Request& request) {
  if (is_foreign(request)) co_return error_response(wrong_origin());
  RequestBody body(request);
  const std::string key = body.text("api_key");
  if (auto problem = body.problem()) co_return error_response(*problem);
  const std::string cookie = base64url_encode(api.random.bytes(cookie_bytes));
  const auto session = co_await begin_session(api, key, cookie);
  if (!session) {
    const bool guessed = session.error().kind == ErrorKind::unauthorized;
    if (const auto refusal = guessed ? too_many_guesses(api, request) : std::nullopt)
      co_return error_response(*refusal);
    log_refusal(
        "sign-in refused", session.error().code,
        {{"request_id", request.id}, {"peer", request.peer.address().to_string()}, {"code", session.error().code}});
    co_return error_response(session.error());
  }
  log_info(
      "signed in",
      {{"request_id", request.id}, {"api_key_id", session->api_key_id}, {"peer", request.peer.address().to_string()}});
  Response response = empty_response(204);
  set_cookie(api, response, cookie, api.options.session_lifetime);
  co_return response;
}

// Asking keeps the session alive, in the store and in the browser.
Task<Response> ask(ApiContext& api, Request& request) {
  const auto cookie = session_of(request);
  bool signed_in = false;
  if (cookie) {
    const std::string hash = sha256(*cookie);
    const WallTime now = api.clock.now();
    auto found = co_await is_session(api, hash);
    if (found && *found) {
      found = co_await api.store.write([&](Tx& tx) -> Result<bool> {
        if (!find_session(tx, hash, now)) return false;
        extend_session(tx, hash, now + api.options.session_lifetime);
        return true;
      });
    }
    if (!found) co_return error_response(found.error());
    signed_in = *found;
  }
  JsonWriter json;
  json.begin_object().field("signed_in", signed_in).field("version", version).end_object();
  Response response = json_response(200, json.take());
  if (signed_in) {
    set_cookie(api, response, *cookie, api.options.session_lifetime);
  } else {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  co_return response;
}

Task<Response> sign_out(ApiContext& api, Request& request) {
  if (is_foreign(request)) co_return error_response(wrong_origin());
  if (const auto cookie = session_of(request)) {
    const std::string hash = sha256(*cookie);
    auto ended = co_await is_session(api, hash);
    if (ended && *ended) {
      ended = co_await api.store.write([&](Tx& tx) -> Result<bool> { return delete_session(tx, hash); });
    }
    if (!ended) co_return error_response(ended.error());
    api.streams.end_those_of_session(hash);
    if (*ended) log_info("signed out", {{"request_id", request.id}});
  }
  Response response = empty_response(204);
  set_cookie(api, response, "", std::chrono::milliseconds(0));
  co_return response;
}

}  // namespace

void add_session_routes(ApiRoutes& routes) {
  routes.add_open("POST", "/console/session", sign_in);
  routes.add_open("GET", "/console/session", ask);
  routes.add_open("DELETE", "/console/session", sign_out);
}

}  // namespace crewship
