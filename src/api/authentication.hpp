// Who is asking: a bearer key, or the cookie that the console got when somebody signed in with a key. A cookie travels
// by itself, so with one every change must come from the console's own pages (Sec-Fetch-Site, else Origin against
// Host).
#pragma once

#include <optional>
#include <string>

#include "context.hpp"

namespace crewship {

inline constexpr std::string_view session_cookie = "crewship_session";

// The session cookie's value, when the request has one.
std::optional<std::string> session_of(const Request& request);

// Whether a page of this server made the request; what no browser sent is not known to be.
bool is_same_origin(const Request& request);
// Whether a browser says that a page of somebody else made it.
bool is_foreign(const Request& request);
Error wrong_origin();

// Counts a key or cookie that opened nothing; the error to answer instead when the peer has shown too many.
std::optional<Error> too_many_guesses(const ApiContext& api, const Request& request);

// Keeps the key's last use and the session's end up to date, at most once a minute.
Task<void> note_use(ApiContext& api, ApiKeyId key);

// Calls the handler when the caller may, else answers 401 or 403.
Task<Response> authenticate(ApiContext& api, ApiHandler handler, Request& request);

}  // namespace crewship
