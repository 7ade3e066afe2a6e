// The route table as data: 404 against 405 (with Allow) falls out of it. Filled before the server starts, then
// constant.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/http/message.hpp>

namespace crewship {

class Router {
 public:
  // Pattern: "/v1/runs/{id}/cancel"; a segment in braces matches one non-empty segment, percent-decoded for the handler
  // (as sent when its encoding is broken). A literal segment goes before a parameter, whatever was added first.
  void add(std::string_view method, std::string_view pattern, Handler handler);
  // Every path that begins with this and that no pattern matches (static files); the longest prefix decides.
  void add_prefix(std::string_view method, std::string_view prefix, Handler handler);
  // HEAD is answered by the GET route (the session drops the body). Exceptions pass through to the session.
  Task<Response> dispatch(Request& request) const;

  struct Route {
    std::string method;
    std::string pattern;
  };
  std::vector<Route> routes() const;

 private:
  struct Entry {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    bool prefix = false;
    Handler handler;
  };
  std::vector<Entry> entries_;
};

}  // namespace crewship
