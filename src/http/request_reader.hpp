// Reads the requests of one connection into memory: bounds, the time limit of a request, 100-continue. Holds what has
// arrived beyond the current request. Owned by a session. Loop thread.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/system/error_code.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/http/request_head.hpp>
#include <crewship/http/server.hpp>

#include "server_connection.hpp"

namespace crewship {

class RequestReader {
 public:
  // Why there is no request: with an answer, or without when the peer is gone or was idle for too long.
  struct End {
    std::optional<Refusal> answer;
    bool is_head = false;  // the answer to HEAD has no body
  };

  RequestReader(ServerConnection& connection, const ServerLimits& limits);

  // Waits for the next request, however long the idle limit allows. When it returns a head, a time limit is still
  // armed.
  Task<std::expected<RequestHead, End>> read_head();
  // The body when it needs no waiting: it has arrived, or there is none.
  std::optional<std::string> body_at_hand(const RequestHead& head);
  // The body otherwise.
  Task<std::expected<std::string, End>> read_body(const RequestHead& head);
  // Nothing has arrived beyond the current request.
  bool empty() const { return buffer_.size() == 0; }

 private:
  Task<std::expected<std::string, End>> read_sized_body(std::size_t bytes);
  Task<std::expected<std::string, End>> read_chunked_body();
  Task<bool> send_continue();

  bool time_is_up();
  asio::mutable_buffer room();
  std::expected<std::size_t, End> received(boost::system::error_code error, std::size_t count,
                                           asio::mutable_buffer into);
  std::unexpected<End> refused(const Refusal& refusal) const;
  std::string_view buffered() const;
  void release_memory();

  ServerConnection& connection_;
  const ServerLimits& limits_;
  HeadLimits head_limits_;
  boost::beast::flat_buffer buffer_;
  bool is_head_ = false;        // the current request's method
  bool request_begun_ = false;  // its time limit runs
};

}  // namespace crewship
