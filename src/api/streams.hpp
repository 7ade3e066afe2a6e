// What answers of unknown length have in common: their query, where they go on, and their headers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <crewship/http/message.hpp>

namespace crewship {

// Proxies and clients give up on a stream that is silent for longer than about twice this.
inline constexpr auto comment_interval = std::chrono::seconds(15);

// The query's parameters; one that is not `allowed` is an error, as in lists.
using StreamQuery = std::map<std::string, std::string, std::less<>>;
Result<StreamQuery> parse_stream_query(const Request& request, std::initializer_list<std::string_view> allowed);

// Behind which event a client wants to go on: what it received last, from the header that EventSource sends when it
// comes back, else from the parameter last_event_id, for those that cannot set headers.
Result<std::optional<std::int64_t>> last_event_id(const Request& request, const StreamQuery& query);

Response stream_response(std::string_view content_type, std::function<Task<void>(BodyWriter&)> stream);

}  // namespace crewship
