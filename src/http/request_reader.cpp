#include "request_reader.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <crewship/http/chunked_body.hpp>

namespace crewship {
namespace {

constexpr std::size_t max_empty_lines = 4;  // before a request; RFC 9112 §2.2 asks for one at least
constexpr std::size_t first_read_bytes = 1024;
constexpr std::size_t first_body_bytes = 16384;
constexpr std::size_t kept_buffer_bytes = 4096;  // while waiting for the next request

constexpr Refusal request_timeout{408, "request_timeout", "The request did not arrive in time; send it again."};
constexpr Refusal incomplete_request{400, "bad_request", "The request ended before it was complete."};
constexpr Refusal too_many_empty_lines{400, "bad_request", "Too many empty lines come before the request."};
constexpr Refusal body_too_large{413, "body_too_large", "The request body is larger than this server accepts."};

}  // namespace

RequestReader::RequestReader(ServerConnection& connection, const ServerLimits& limits)
    : connection_(connection),
      limits_(limits),
      head_limits_{.header_bytes = limits.header_bytes,
                   .header_count = limits.header_count,
                   .target_bytes = limits.target_bytes} {}

Task<std::expected<RequestHead, RequestReader::End>> RequestReader::read_head() {
  release_memory();
  request_begun_ = false;
  is_head_ = false;
  HeadScanner scanner(head_limits_);
  std::size_t empty_lines = 0;
  connection_.arm(DeadlineKind::idle);
  for (;;) {
    while (buffered().starts_with("\r\n")) {
      buffer_.consume(2);
      if (++empty_lines > max_empty_lines) co_return refused(too_many_empty_lines);
    }
    if (!buffered().empty() && buffered() != "\r") {
      is_head_ = buffered().starts_with("HEAD ");
      const auto head_bytes = scanner.scan(buffered());
      if (!head_bytes) co_return refused(head_bytes.error());
      if (*head_bytes > 0) {
        auto head = parse_request_head(buffered().substr(0, *head_bytes), head_limits_);
        if (!head) co_return refused(head.error());
        buffer_.consume(*head_bytes);
        co_return *std::move(head);
      }
      if (time_is_up()) co_return refused(request_timeout);
    }
    const auto space = room();
    const auto [error, count] = co_await connection_.read_some(space);
    const auto arrived = received(error, count, space);
    if (!arrived) co_return std::unexpected(arrived.error());
    buffer_.commit(*arrived);
  }
}

std::optional<std::string> RequestReader::body_at_hand(const RequestHead& head) {
  if (head.chunked || head.content_length > buffer_.size() || head.content_length > limits_.body_bytes)
    return std::nullopt;
  std::string body(buffered().substr(0, head.content_length));
  buffer_.consume(head.content_length);
  return body;
}

Task<std::expected<std::string, RequestReader::End>> RequestReader::read_body(const RequestHead& head) {
  if (head.content_length > limits_.body_bytes) co_return refused(body_too_large);
  if (head.expects_continue && empty()) {
    if (!co_await send_continue()) co_return std::unexpected(End{});
  }
  if (head.chunked) co_return co_await read_chunked_body();
  co_return co_await read_sized_body(static_cast<std::size_t>(head.content_length));
}

Task<bool> RequestReader::send_continue() {
  Outgoing go_on{"HTTP/1.1 100 Continue\r\n\r\n"};
  if (!connection_.send_now(go_on)) co_return false;
  if (go_on.empty()) co_return true;
  request_begun_ = false;  // the write's time limit takes the place of the request's, which begins again
  co_return co_await connection_.send(go_on);
}

Task<std::expected<std::string, RequestReader::End>> RequestReader::read_sized_body(std::size_t bytes) {
  std::string body(buffered().substr(0, bytes));
  std::size_t filled = body.size();
  buffer_.consume(filled);
  while (filled < bytes) {
    if (time_is_up()) co_return refused(request_timeout);
    // Memory follows what has arrived, not what was announced.
    if (filled == body.size()) body.resize(std::min(bytes, std::max(filled * 2, first_body_bytes)));
    const auto space = asio::buffer(body.data() + filled, body.size() - filled);
    const auto [error, count] = co_await connection_.read_some(space);
    const auto arrived = received(error, count, space);
    if (!arrived) co_return std::unexpected(arrived.error());
    filled += *arrived;
  }
  co_return body;
}

Task<std::expected<std::string, RequestReader::End>> RequestReader::read_chunked_body() {
  std::string body;
  ChunkedBody chunks(limits_.body_bytes);
  for (;;) {
    const auto taken = chunks.feed(buffered(), body);
    if (!taken) co_return refused(taken.error());
    buffer_.consume(*taken);
    if (chunks.complete()) co_return body;
    if (time_is_up()) co_return refused(request_timeout);
    const auto space = room();
    const auto [error, count] = co_await connection_.read_some(space);
    const auto arrived = received(error, count, space);
    if (!arrived) co_return std::unexpected(arrived.error());
    buffer_.commit(*arrived);
  }
}

// Asked before each wait inside of a request: its time runs from the first of them.
bool RequestReader::time_is_up() {
  if (request_begun_) return connection_.expired();
  request_begun_ = true;
  connection_.arm(DeadlineKind::request);
  return false;
}

asio::mutable_buffer RequestReader::room() {
  const std::size_t spare = buffer_.capacity() - buffer_.size();
  return buffer_.prepare(spare >= first_read_bytes / 2 ? spare : std::max(buffer_.size(), first_read_bytes));
}

// How much a read brought, or why the connection ends.
std::expected<std::size_t, RequestReader::End> RequestReader::received(boost::system::error_code error,
                                                                       std::size_t count, asio::mutable_buffer into) {
  if (count == 0 && connection_.expired()) count = connection_.read_now(into);
  if (count > 0) return count;
  if (request_begun_ && connection_.expired()) return refused(request_timeout);
  const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  if (request_begun_ && ended) return refused(incomplete_request);
  return std::unexpected(End{});
}

std::unexpected<RequestReader::End> RequestReader::refused(const Refusal& refusal) const {
  return std::unexpected(End{.answer = refusal, .is_head = is_head_});
}

std::string_view RequestReader::buffered() const {
  const auto data = buffer_.cdata();
  return {static_cast<const char*>(data.data()), data.size()};
}

void RequestReader::release_memory() {
  if (empty() && buffer_.capacity() > kept_buffer_bytes) buffer_.shrink_to_fit();
}

}  // namespace crewship
