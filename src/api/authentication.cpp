#include "authentication.hpp"

#include <algorithm>

#include <crewship/base/crypto.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/log_limit.hpp>
#include <crewship/store/api_keys.hpp>
#include <crewship/store/sessions.hpp>

namespace crewship {
namespace {

constexpr auto touch_interval = std::chrono::minutes(1);

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equal_without_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

// RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1).
std::optional<std::string_view> bearer_token(const Request& request) {
  constexpr std::string_view scheme = "bearer ";
  const auto header = request.header("Authorization");
  if (!header || header->size() <= scheme.size() || !equal_without_case(header->substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  std::string_view token = header->substr(scheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  return token.empty() ? std::nullopt : std::optional(token);
}

Error unauthorized() {
  return Error{.kind = ErrorKind::unauthorized,
               .code = "unauthorized",
               .message = "Send a valid API key as: Authorization: Bearer <key>."};
}

bool is_change(const Request& request) { return request.method != "GET" && request.method != "HEAD"; }

struct Access {
  ApiKeyId key;
  std::string session_hash{};  // empty: not by a session
};

Task<Result<Access>> access_by_bearer(ApiContext& api, std::string_view token) {
  const std::string hash = sha256(token);
  const auto key =
      co_await api.store.read([&](Tx& tx) -> Result<std::optional<ApiKey>> { return find_api_key_by_hash(tx, hash); });
  if (!key) co_return std::unexpected(key.error());
  if (!*key) co_return std::unexpected(unauthorized());
  co_return Access{.key = (*key)->id};
}

Task<Result<Access>> access_by_session(ApiContext& api, const std::string& cookie) {
  const std::string hash = sha256(cookie);
  const WallTime now = api.clock.now();
  const auto session =
      co_await api.store.read([&](Tx& tx) -> Result<std::optional<Session>> { return find_session(tx, hash, now); });
  if (!session) co_return std::unexpected(session.error());
  if (!*session) co_return std::unexpected(unauthorized());
  const WallTime fresh_end = now + api.options.session_lifetime;
  if (fresh_end - (*session)->expires_at >= touch_interval) {
    const auto extended = co_await api.store.write([&](Tx& tx) -> Result<> {
      extend_session(tx, hash, fresh_end);
      return {};
    });
    if (!extended) {
      log_warning("session not extended",
                  {{"api_key_id", (*session)->api_key_id}, {"error", extended.error().message}});
    }
  }
  co_return Access{.key = (*session)->api_key_id, .session_hash = hash};
}

Task<Result<Access>> access_of(ApiContext& api, const Request& request) {
  if (const auto token = bearer_token(request)) co_return co_await access_by_bearer(api, *token);
  const auto cookie = session_of(request);
  if (!cookie || request.header("Authorization")) co_return std::unexpected(unauthorized());
  if (is_change(request) && !is_same_origin(request)) co_return std::unexpected(wrong_origin());
  co_return co_await access_by_session(api, *cookie);
}

}  // namespace

std::optional<std::string> session_of(const Request& request) {
  std::string_view rest = request.header("Cookie").value_or("");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (!pair.starts_with(session_cookie)) continue;
    pair.remove_prefix(session_cookie.size());
    if (pair.size() > 1 && pair.front() == '=') return std::string(pair.substr(1));
  }
  return std::nullopt;
}

bool is_same_origin(const Request& request) {
  if (const auto site = request.header("Sec-Fetch-Site")) return *site == "same-origin";
  auto origin = request.header("Origin");
  const auto host = request.header("Host");
  if (!origin || !host) return false;
  const std::size_t scheme = origin->find("://");
  return scheme != std::string_view::npos && equal_without_case(origin->substr(scheme + 3), *host);
}

bool is_foreign(const Request& request) {
  return (request.header("Sec-Fetch-Site") || request.header("Origin")) && !is_same_origin(request);
}

Error wrong_origin() {
  return Error{
      .kind = ErrorKind::forbidden,
      .code = "wrong_origin",
      .message = "With a session cookie, changes are taken from the console's own pages only. Use an API key."};
}

std::optional<Error> too_many_guesses(const ApiContext& api, const Request& request) {
  if (api.options.guesses == nullptr) return std::nullopt;
  return api.options.guesses->refuse(request.peer.address(), api.clock.steady_now());
}

Task<void> note_use(ApiContext& api, ApiKeyId key) {
  const SteadyTime now = api.clock.steady_now();
  const auto [place, first] = api.touched_at.try_emplace(key, now);
  if (!first && now - place->second < touch_interval) co_return;
  place->second = now;
  const auto touched = co_await api.store.write([&](Tx& tx) -> Result<> {
    touch_api_key(tx, key, api.clock.now());
    return {};
  });
  if (!touched) log_warning("use of an api key not noted", {{"api_key_id", key}, {"error", touched.error().message}});
}

Task<Response> authenticate(ApiContext& api, ApiHandler handler, Request& request) {
  const auto access = co_await access_of(api, request);
  if (!access) {
    const bool guessed =
        access.error().kind == ErrorKind::unauthorized && (bearer_token(request) || session_of(request));
    if (const auto refusal = guessed ? too_many_guesses(api, request) : std::nullopt)
      co_return error_response(*refusal);
    const bool refused = access.error().kind == ErrorKind::unauthorized || access.error().kind == ErrorKind::forbidden;
    if (refused && (request.header("Authorization") || request.header("Cookie"))) {
      log_refusal(
          "api key refused", access.error().code,
          {{"request_id", request.id}, {"peer", request.peer.address().to_string()}, {"code", access.error().code}});
    }
    co_return error_response(access.error());
  }
  co_await note_use(api, access->key);
  Response response = co_await handler(api, request);
  if (response.stream) {
    response.stream_stop = api.streams.add(access->key, access->session_hash);
    // Nobody has ended it before it was known; see once more.
    if (const auto still = co_await access_of(api, request); !still) co_return error_response(still.error());
  }
  // Neither the browser nor a proxy keeps what the key opened.
  if (!find_header(response.headers, "Cache-Control")) response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

}  // namespace crewship
