// A request and a response as the rooms above see them: plain values, no Beast. Header names compare without case.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/caller.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/ids.hpp>

namespace crewship {

using Headers = std::vector<std::pair<std::string, std::string>>;
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Request {
  RequestId id;
  std::string method;
  std::string path;   // as sent, without the query; percent-encoding not decoded
  std::string query;  // as sent, without '?'
  Headers headers;
  std::string body;  // whole, already within limits; chunked coding removed
  std::vector<std::pair<std::string_view, std::string>> path_parameters;  // filled by the router, percent-decoded
  asio::ip::tcp::endpoint peer;  // who asks: the other end of the connection, or whom a trusted proxy names (App)
  Caller* caller = nullptr;      // never null; lives as long as the handler runs

  std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
  std::string_view path_parameter(std::string_view name) const;  // empty when there is none
};

// Query parameters, percent-decoded; an error (invalid "invalid_query") for broken encoding or a name given twice.
Result<std::vector<std::pair<std::string, std::string>>> query_parameters(const Request& request);

// Writes a response body piece by piece, for streams of unknown length (chunked). A write returns an error when the
// peer is gone or too slow; the stream then ends.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // The piece is not copied: it lives until this returns.
  virtual Task<Result<>> write(std::string_view piece) = 0;
};

// Ends a stream from outside, at once, as a hang-up would. Shared by the response and who may want to end it. Loop
// thread.
class StreamStop {
 public:
  void stop() {
    stopped_ = true;
    if (on_stop_) on_stop_();
  }

  // The server's: called for each stop, at once when that has been; null: nobody listens any more.
  void on_stop(std::function<void()> callback) {
    on_stop_ = std::move(callback);
    if (stopped_ && on_stop_) on_stop_();
  }

 private:
  bool stopped_ = false;
  std::function<void()> on_stop_;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  bool close = false;  // close the connection after it
  // When set, `body` is not used; runs after the head was sent, until it returns. Cancelled when the server stops.
  std::function<Task<void>(BodyWriter&)> stream;
  std::shared_ptr<StreamStop> stream_stop{};  // null: nobody but the peer and the server ends it
};

Response json_response(int status, std::string body);
Response empty_response(int status);
// The one place that renders errors: status by kind, {"error":{"code","message","field"?,"run_id"?}}, Retry-After,
// WWW-Authenticate on 401.
Response error_response(const Error& error);

using Handler = std::function<Task<Response>(Request&)>;

}  // namespace crewship
