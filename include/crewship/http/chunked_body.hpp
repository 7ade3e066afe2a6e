// Reads a body in chunked coding (RFC 9112 §7.1) that arrives piece by piece. Strict: sizes are plain hexadecimal,
// lines end in CRLF; chunk extensions and trailer fields are checked, bounded and dropped. Pure; one object a body. A
// refusal is final.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <crewship/http/request_head.hpp>

namespace crewship {

class ChunkedBody {
 public:
  static constexpr std::size_t max_extension_bytes = 256;    // of one chunk
  static constexpr std::size_t max_extensions_bytes = 4096;  // of one body
  static constexpr std::size_t max_trailer_bytes = 4096;

  explicit ChunkedBody(std::size_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  // Takes what belongs to the body from the front of `input` and appends its data to `body`. How many bytes it took;
  // fewer than given only when the body is complete.
  std::expected<std::size_t, Refusal> feed(std::string_view input, std::string& body);
  bool complete() const { return state_ == State::complete; }

 private:
  enum class State { size, extension, size_lf, data, data_cr, data_lf, trailer, trailer_lf, complete };
  using Step = std::expected<void, Refusal>;
  Step take_byte(char c, std::size_t body_bytes);
  Step take_size_digit(char c, std::size_t body_bytes);
  Step end_size_line();
  Step take_trailer_byte(char c);
  Step end_trailer_line();

  std::size_t max_body_bytes_;
  State state_ = State::size;
  std::uint64_t chunk_bytes_ = 0;  // of the size line; then what is left of the chunk
  std::size_t size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t extensions_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::string trailer_line_;
};

}  // namespace crewship
