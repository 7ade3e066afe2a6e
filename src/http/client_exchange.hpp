// One request and its answer on one connection: HTTP/1.1 written by hand, in the order it is given, and read with
// Beast's parser, within limits. Knows no deadline and no pool. Loop thread.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include <crewship/base/asio.hpp>
#include <crewship/http/client.hpp>

#include "client_connection.hpp"

namespace crewship {

struct ExchangeLimits {
  std::size_t head_bytes = 0;
  std::size_t body_bytes = 0;
};

// Who wants the body of the answer as it comes, instead of in the result.
struct BodyStream {
  std::function<void(const ClientResponse& head, std::string_view piece)> on_piece;
  std::function<void()> on_wait;  // before each wait for more
};

struct Exchange {
  std::expected<ClientResponse, ClientError> result;
  bool answered = false;  // at least one byte came back, so the request may have been acted upon
  bool reusable = false;  // the connection stands before the next answer
};

// The request's first line and headers; `protocol` when a header cannot be sent.
std::expected<std::string, ClientError> request_head(const ClientRequest& request);

// `head`, `body` and `stream` must outlive it. What goes wrong after the head of the answer does not change the result,
// unless the body goes to a stream.
Task<Exchange> exchange(ClientConnection& connection, const std::string& head, const std::string& body,
                        ExchangeLimits limits, const BodyStream* stream = nullptr);

std::string endpoint_text(const asio::ip::tcp::endpoint& endpoint);

}  // namespace crewship
