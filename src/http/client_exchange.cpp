#include "client_exchange.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

namespace crewship {
namespace {

namespace http = boost::beast::http;

using ErrorCode = ClientConnection::ErrorCode;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t read_bytes = 4096;
constexpr std::size_t stream_bytes = 65536;
constexpr int max_interim_responses = 8;

bool breaks_a_line(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

bool is_reset(const ErrorCode& error) {
  return error == asio::error::connection_reset || error == asio::error::broken_pipe;
}

ClientError connection_lost(const ClientConnection& connection, const ErrorCode& error, bool answered) {
  const std::string peer = endpoint_text(connection.peer());
  const std::string when = answered ? " inside its answer" : " before it answered";
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return {ClientFailure::closed, "connection closed by " + peer + when};
  }
  if (is_reset(error)) return {ClientFailure::closed, "connection reset by " + peer + when};
  return {ClientFailure::closed, "connection to " + peer + " failed" + when + ": " + error.message()};
}

ClientError not_http(const ClientConnection& connection, const std::string& reason) {
  return {ClientFailure::protocol, "the answer of " + endpoint_text(connection.peer()) + " is not valid: " + reason};
}

// Feeds what was read ahead. True when the parser has taken what it can and wants more bytes to go on.
bool feed(ClientConnection& connection, Parser& parser, ErrorCode& error) {
  auto& ahead = connection.read_ahead();
  error = {};
  if (ahead.size() == 0) return true;
  ahead.consume(parser.put(ahead.data(), error));
  const bool hungry = error == http::error::need_more || (!error && ahead.size() == 0);
  if (error == http::error::need_more) error = {};
  return hungry;
}

Task<ErrorCode> read_more(ClientConnection& connection) {
  auto& ahead = connection.read_ahead();
  auto [error, count] = co_await connection.read_some(ahead.prepare(read_bytes));
  ahead.commit(count);
  co_return error;
}

// The rest of the answer into `body`, as far as it goes. True when the answer was read to its end.
Task<bool> read_body(ClientConnection& connection, Parser& parser, std::string& body, std::size_t limit) {
  const auto announced = parser.content_length();
  body.resize(announced && *announced < limit ? static_cast<std::size_t>(*announced) : limit);
  parser.get().body().data = body.data();
  parser.get().body().size = body.size();
  parser.get().body().more = true;
  parser.eager(true);

  const std::size_t most_ahead = limit + read_bytes;  // a chunk header may be as long as its sender likes
  bool whole = true;
  while (whole && !parser.is_done()) {
    ErrorCode error;
    if (feed(connection, parser, error) && !parser.is_done()) {
      if (connection.read_ahead().size() < most_ahead) error = co_await read_more(connection);
      if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) parser.put_eof(error);
    }
    whole = !error && connection.read_ahead().size() < most_ahead;
  }
  body.resize(body.size() - parser.get().body().size);
  co_return whole;
}

// The whole body, piece by piece. Why it did not come to its end, if so.
Task<std::optional<ClientError>> stream_body(ClientConnection& connection, Parser& parser, const ClientResponse& head,
                                             const BodyStream& stream) {
  std::string buffer(stream_bytes, '\0');
  auto& ahead = connection.read_ahead();
  parser.eager(true);
  while (!parser.is_done()) {
    auto& room = parser.get().body();
    room.data = buffer.data();
    room.size = buffer.size();
    room.more = true;
    ErrorCode error;
    const bool hungry = feed(connection, parser, error);
    const std::size_t count = buffer.size() - room.size;
    if (count > 0) stream.on_piece(head, std::string_view(buffer).substr(0, count));
    if (error == http::error::need_buffer) continue;
    if (error) co_return not_http(connection, error.message());
    if (parser.is_done() || !hungry) continue;
    if (ahead.size() >= stream_bytes) co_return not_http(connection, "a chunk's head is too long");
    stream.on_wait();
    error = co_await read_more(connection);
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
      ErrorCode unfinished;
      parser.put_eof(unfinished);
      if (!unfinished) co_return std::nullopt;
    }
    if (error) co_return connection_lost(connection, error, true);
  }
  co_return std::nullopt;
}

// An answer that cannot become HTTP is known by its first bytes; waiting for the end of its head could take for ever.
bool may_become_http(const boost::beast::flat_buffer& ahead) {
  constexpr std::string_view start = "HTTP/1.";
  const auto data = ahead.cdata();
  const std::string_view seen(static_cast<const char*>(data.data()), std::min(data.size(), start.size()));
  return start.starts_with(seen);
}

// Reads until the parser has a head. `answered` is set when a byte came.
Task<std::optional<ClientError>> read_head(ClientConnection& connection, Parser& parser, ExchangeLimits limits,
                                           bool& answered) {
  bool begun = false;  // the parser has taken the first line
  for (;;) {
    ErrorCode error;
    const std::size_t before = connection.read_ahead().size();
    const bool hungry = feed(connection, parser, error);
    begun = begun || connection.read_ahead().size() < before;
    if (error == http::error::header_limit) {
      co_return not_http(connection, "its head is over " + std::to_string(limits.head_bytes) + " bytes");
    }
    if (error) co_return not_http(connection, "it is not HTTP (" + error.message() + ")");
    if (parser.is_header_done()) co_return std::nullopt;
    if (!hungry) continue;
    error = co_await read_more(connection);
    answered = answered || connection.read_ahead().size() > 0;
    if (error) co_return connection_lost(connection, error, answered);
    if (!begun && !may_become_http(connection.read_ahead())) co_return not_http(connection, "it is not HTTP/1");
  }
}

Headers copy_headers(const Parser& parser) {
  Headers headers;
  for (const auto& field : parser.get()) {
    headers.emplace_back(std::string_view(field.name_string().data(), field.name_string().size()),
                         std::string_view(field.value().data(), field.value().size()));
  }
  return headers;
}

}  // namespace

std::string endpoint_text(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

std::expected<std::string, ClientError> request_head(const ClientRequest& request) {
  std::string head =
      request.method + " " + request.url.target + " HTTP/1.1\r\nHost: " + request.url.authority() + "\r\n";
  if (request.method != "GET" || !request.body.empty()) {
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  for (const auto& [name, value] : request.headers) {
    if (breaks_a_line(name) || breaks_a_line(value)) {
      return std::unexpected(ClientError{ClientFailure::protocol, "a header holds a line break and cannot be sent"});
    }
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head.append("\r\n");
}

Task<Exchange> exchange(ClientConnection& connection, const std::string& head, const std::string& body,
                        ExchangeLimits limits, const BodyStream* stream) {
  Exchange outcome;
  const auto written = co_await connection.write({asio::buffer(head), asio::buffer(body)});
  const ErrorCode write_error = std::get<0>(written);
  // A receiver may refuse and close before it has read all; its answer is then still there to be read.
  if (write_error && !is_reset(write_error)) {
    outcome.result = std::unexpected(connection_lost(connection, write_error, false));
    co_return outcome;
  }
  std::optional<Parser> parser;
  for (int interim = 0;; ++interim) {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(limits.head_bytes));
    parser->body_limit(boost::none);
    if (auto failure = co_await read_head(connection, *parser, limits, outcome.answered)) {
      // The kernel tells of a reset once: after the write has met it, a read finds nothing but the end.
      if (write_error && !outcome.answered) failure = connection_lost(connection, write_error, false);
      outcome.result = std::unexpected(*std::move(failure));
      co_return outcome;
    }
    const unsigned status = parser->get().result_int();
    if (status < 100) {
      outcome.result = std::unexpected(not_http(connection, "its status is " + std::to_string(status)));
      co_return outcome;
    }
    if (status >= 200 || status == 101) break;
    if (interim == max_interim_responses) {
      outcome.result = std::unexpected(not_http(connection, "it never gets past interim responses"));
      co_return outcome;
    }
  }
  outcome.result->status = static_cast<int>(parser->get().result_int());
  outcome.result->headers = copy_headers(*parser);
  if (stream != nullptr) {
    if (auto failure = co_await stream_body(connection, *parser, *outcome.result, *stream)) {
      outcome.result = std::unexpected(*std::move(failure));
    }
    co_return outcome;
  }
  const bool whole = co_await read_body(connection, *parser, outcome.result->body, limits.body_bytes);
  outcome.reusable = whole && !write_error && parser->keep_alive() && connection.read_ahead().size() == 0 &&
                     outcome.result->status != 101;
  co_return outcome;
}

}  // namespace crewship
