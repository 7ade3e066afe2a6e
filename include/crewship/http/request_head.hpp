// The head of a request, from its first byte to the empty line, read to the letter of RFC 9112 and RFC 9110: what two
// servers could read differently is refused, never guessed. Pure; no I/O, no time. Not the body (chunked_body.hpp) and
// not routing. A refusal is final: the connection is closed after its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <crewship/http/message.hpp>

namespace crewship {

// What the client is told before the connection is closed. The texts are constants and never quote the request.
struct Refusal {
  int status = 400;
  std::string_view code = "bad_request";
  std::string_view message;
};

struct HeadLimits {
  std::size_t header_bytes = 16384;  // request line, headers and the empty line together
  std::size_t header_count = 100;
  std::size_t target_bytes = 8192;
};

struct RequestHead {
  std::string method;
  std::string path;
  std::string query;
  Headers headers;
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool http_1_0 = false;
  bool keep_alive = false;  // the client wants another request on this connection
  bool expects_continue = false;
};

// Finds the end of a head that arrives piece by piece, and refuses as soon as nothing that may follow could make it
// valid, so that a client that speaks another protocol is answered at once instead of at the time limit.
class HeadScanner {
 public:
  explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}
  // `received` is all that has arrived, from the first byte of the request. The length of the head including its empty
  // line, or 0 while it is not whole.
  std::expected<std::size_t, Refusal> scan(std::string_view received);

 private:
  std::expected<void, Refusal> check_begin(std::string_view received);

  HeadLimits limits_;
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  bool request_line_checked_ = false;
};

// `head` is what HeadScanner found, empty line included.
std::expected<RequestHead, Refusal> parse_request_head(std::string_view head, const HeadLimits& limits);

}  // namespace crewship
