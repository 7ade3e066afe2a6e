#include <crewship/http/router.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "percent.hpp"

namespace crewship {
namespace {

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

std::string_view parameter_name(std::string_view segment) { return segment.substr(1, segment.size() - 2); }

// "/a//b" has the segments "a", "" and "b".
template <class Segment>
std::vector<Segment> split_path(std::string_view path) {
  std::vector<Segment> segments;
  segments.reserve(8);
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  return std::ranges::equal(pattern, path, [](const std::string& wanted, std::string_view segment) {
    return wanted == segment || (is_parameter(wanted) && !segment.empty());
  });
}

// Whether a path that matches both belongs to the left one: at the first difference a literal goes before a parameter.
bool goes_before(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  const auto [l, r] = std::ranges::mismatch(left, right);
  return l != left.end() && r != right.end() && !is_parameter(*l) && is_parameter(*r);
}

bool serves(std::string_view route_method, std::string_view method) {
  return route_method == method || (method == "HEAD" && route_method == "GET");
}

// The Allow header's value, each method once.
class AllowedMethods {
 public:
  void add(std::string_view method) {
    if (std::ranges::find(methods_, method) != methods_.end()) return;
    methods_.push_back(method);
    if (method == "GET") add("HEAD");
  }
  bool empty() const { return methods_.empty(); }
  std::string text() const {
    std::string joined;
    for (const std::string_view method : methods_) joined.append(joined.empty() ? "" : ", ").append(method);
    return joined;
  }

 private:
  std::vector<std::string_view> methods_;
};

Task<Response> answer(Error error, std::string allowed) {
  Response response = error_response(error);
  if (!allowed.empty()) response.headers.emplace_back("Allow", std::move(allowed));
  co_return response;
}

Task<Response> answer_not_found() {
  return answer({.kind = ErrorKind::not_found, .code = "not_found", .message = "There is nothing at this path."}, {});
}

Task<Response> answer_method_not_allowed(std::string allowed) {
  std::string message = "This path does not answer this method; use " + allowed + ".";
  return answer({.kind = ErrorKind::method_not_allowed, .code = "method_not_allowed", .message = std::move(message)},
                std::move(allowed));
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  if (!pattern.starts_with('/')) throw std::invalid_argument("a route's pattern begins with a slash");
  Entry entry{.method = std::string(method),
              .pattern = std::string(pattern),
              .segments = split_path<std::string>(pattern),
              .prefix = false,
              .handler = std::move(handler)};
  const auto same = [&](const Entry& other) {
    return !other.prefix && other.method == entry.method && other.pattern == entry.pattern;
  };
  if (std::ranges::any_of(entries_, same)) throw std::logic_error("route added twice: " + entry.pattern);
  const auto place = std::ranges::find_if(
      entries_, [&](const Entry& other) { return other.prefix || goes_before(entry.segments, other.segments); });
  entries_.insert(place, std::move(entry));
}

void Router::add_prefix(std::string_view method, std::string_view prefix, Handler handler) {
  if (!prefix.starts_with('/')) throw std::invalid_argument("a route's prefix begins with a slash");
  // Behind all patterns, the longest first.
  const auto place = std::ranges::find_if(
      entries_, [&](const Entry& other) { return other.prefix && other.pattern.size() < prefix.size(); });
  entries_.insert(place, Entry{.method = std::string(method),
                               .pattern = std::string(prefix),
                               .segments = {},
                               .prefix = true,
                               .handler = std::move(handler)});
}

Task<Response> Router::dispatch(Request& request) const {
  const auto segments = split_path<std::string_view>(request.path);
  AllowedMethods allowed;
  const Entry* speaker = nullptr;  // whose path it is
  for (const Entry& entry : entries_) {
    const bool here = entry.prefix ? request.path.starts_with(entry.pattern) : matches(entry.segments, segments);
    if (!here) continue;
    // A pattern that matches the path speaks for it, else the longest prefix does: what is behind it is not asked.
    if (speaker != nullptr && entry.prefix && !(speaker->prefix && speaker->pattern == entry.pattern)) break;
    speaker = &entry;
    if (!serves(entry.method, request.method)) {
      allowed.add(entry.method);
      continue;
    }
    request.path_parameters.clear();
    for (std::size_t i = 0; i < entry.segments.size(); ++i) {
      if (!is_parameter(entry.segments[i])) continue;
      // Broken encoding goes to the handler as it was sent: it is no id or token, and the answer is the handler's.
      auto decoded = percent_decode(segments[i]);
      request.path_parameters.emplace_back(parameter_name(entry.segments[i]),
                                           decoded ? *std::move(decoded) : std::string(segments[i]));
    }
    return entry.handler(request);
  }
  return allowed.empty() ? answer_not_found() : answer_method_not_allowed(allowed.text());
}

std::vector<Router::Route> Router::routes() const {
  std::vector<Route> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) all.push_back({entry.method, entry.pattern});
  return all;
}

}  // namespace crewship
