// A connection's bytes, read as the server reads them: request after request until something is refused. How they are
// cut into packets must not matter, and what is accepted must be free of what could be read in two ways.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <crewship/http/chunked_body.hpp>
#include <crewship/http/request_head.hpp>

#include "fuzz.hpp"

namespace crewship {
namespace {

using fuzzing::require;

constexpr HeadLimits limits{.header_bytes = 2048, .header_count = 16, .target_bytes = 256};
constexpr std::size_t max_body_bytes = 1024;

struct Outcome {
  std::vector<std::string> requests;
  int refused = 0;
  bool operator==(const Outcome&) const = default;
};

void check(const RequestHead& head) {
  require(head.path.starts_with('/'), "a path begins with a slash");
  require(!(head.chunked && head.content_length > 0), "one way to tell the length");
  require(!(head.chunked && head.http_1_0), "no chunked coding in HTTP/1.0");
  const auto plain = [](const std::string& text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  };
  require(plain(head.method) && plain(head.path) && plain(head.query), "no line end in the request line");
  std::size_t hosts = 0;
  for (const auto& [name, value] : head.headers) {
    require(!name.empty() && plain(name) && plain(value), "no line end in a header");
    if (name.size() == 4 && (name[0] | 0x20) == 'h' && (name[1] | 0x20) == 'o' && (name[2] | 0x20) == 's' &&
        (name[3] | 0x20) == 't')
      ++hosts;
  }
  require(hosts == 1 || (hosts == 0 && head.http_1_0), "one host");
}

// Reads `bytes` in packets of `step`.
Outcome read(std::string_view bytes, std::size_t step) {
  Outcome outcome;
  std::string buffer;
  HeadScanner scanner(limits);
  std::optional<RequestHead> head;
  std::optional<ChunkedBody> chunks;
  std::string body;
  while (true) {
    // As far as what has arrived goes.
    while (true) {
      if (!head) {
        if (buffer.empty()) break;
        const auto length = scanner.scan(buffer);
        if (!length) {
          outcome.refused = length.error().status;
          return outcome;
        }
        if (*length == 0) break;
        auto parsed = parse_request_head(std::string_view(buffer).substr(0, *length), limits);
        if (!parsed || parsed->content_length > max_body_bytes) {
          outcome.refused = parsed ? 413 : parsed.error().status;
          return outcome;
        }
        check(*parsed);
        buffer.erase(0, *length);
        head = std::move(*parsed);
        if (head->chunked) chunks.emplace(max_body_bytes);
      }
      if (chunks) {
        const auto taken = chunks->feed(buffer, body);
        if (!taken) {
          outcome.refused = taken.error().status;
          return outcome;
        }
        buffer.erase(0, *taken);
        require(body.size() <= max_body_bytes, "a body within its limit");
        if (!chunks->complete()) break;
      } else {
        if (buffer.size() < head->content_length) break;
        body = buffer.substr(0, head->content_length);
        buffer.erase(0, head->content_length);
      }
      outcome.requests.push_back(head->method + " " + head->path + "?" + head->query + " " + body);
      head.reset();
      chunks.reset();
      body.clear();
      scanner = HeadScanner(limits);
    }
    if (bytes.empty()) return outcome;
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
}

}  // namespace
}  // namespace crewship

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crewship;
  const auto bytes = fuzzing::text_of(data, size);
  const Outcome whole = read(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    const Outcome pieces = read(bytes, step);
    // Limits are noticed at another byte when bytes arrive otherwise, so only refusals of what is malformed compare.
    fuzzing::require(pieces.requests == whole.requests, "the same requests however they arrive");
    fuzzing::require((pieces.refused == 0) == (whole.refused == 0), "the same refusal however they arrive");
  }
  return 0;
}
