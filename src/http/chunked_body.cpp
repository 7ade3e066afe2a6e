#include <crewship/http/chunked_body.hpp>

#include <algorithm>

#include "syntax.hpp"

namespace crewship {
namespace {

constexpr std::size_t max_size_digits = 16;  // leading zeros included; 64 bits cannot overflow

std::unexpected<Refusal> refuse(std::string_view message) {
  return std::unexpected(Refusal{400, "bad_request", message});
}

}  // namespace

std::expected<std::size_t, Refusal> ChunkedBody::feed(std::string_view input, std::string& body) {
  std::size_t taken = 0;
  while (taken < input.size() && state_ != State::complete) {
    if (state_ == State::data) {
      const std::string_view piece = input.substr(taken, static_cast<std::size_t>(chunk_bytes_));
      body.append(piece);
      taken += piece.size();
      chunk_bytes_ -= piece.size();
      if (chunk_bytes_ == 0) state_ = State::data_cr;
      continue;
    }
    if (auto step = take_byte(input[taken], body.size()); !step) return std::unexpected(step.error());
    ++taken;
  }
  return taken;
}

ChunkedBody::Step ChunkedBody::take_byte(char c, std::size_t body_bytes) {
  switch (state_) {
    case State::size:
      return take_size_digit(c, body_bytes);
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
        return {};
      }
      if (!in_class(field_value_characters, c)) return refuse("A chunk extension contains a control character.");
      if (++extension_bytes_ > max_extension_bytes || ++extensions_bytes_ > max_extensions_bytes)
        return refuse("The chunk extensions are too long.");
      return {};
    case State::size_lf:
      if (c != '\n') return refuse("A chunk size does not end in CRLF.");
      return end_size_line();
    case State::data_cr:
    case State::data_lf:
      if (c != (state_ == State::data_cr ? '\r' : '\n')) return refuse("A chunk does not end in CRLF.");
      state_ = state_ == State::data_cr ? State::data_lf : State::size;
      return {};
    case State::trailer:
      return take_trailer_byte(c);
    case State::trailer_lf:
      if (c != '\n') return refuse("A trailer line does not end in CRLF.");
      return end_trailer_line();
    case State::data:
    case State::complete:
      break;
  }
  return {};
}

ChunkedBody::Step ChunkedBody::take_size_digit(char c, std::size_t body_bytes) {
  if (const int digit = hex_digit_value(c); digit >= 0) {
    if (++size_digits_ > max_size_digits) return refuse("A chunk size has too many digits.");
    chunk_bytes_ = chunk_bytes_ * 16 + static_cast<std::uint64_t>(digit);
    if (chunk_bytes_ > max_body_bytes_ - std::min(body_bytes, max_body_bytes_))
      return std::unexpected(Refusal{413, "body_too_large", "The request body is larger than this server accepts."});
    return {};
  }
  if (size_digits_ == 0 || (c != '\r' && c != ';')) return refuse("A chunk size is not a hexadecimal number.");
  state_ = c == '\r' ? State::size_lf : State::extension;
  return {};
}

ChunkedBody::Step ChunkedBody::end_size_line() {
  state_ = chunk_bytes_ > 0 ? State::data : State::trailer;
  size_digits_ = 0;
  extension_bytes_ = 0;
  return {};
}

ChunkedBody::Step ChunkedBody::take_trailer_byte(char c) {
  if (++trailer_bytes_ > max_trailer_bytes) return refuse("The trailer is too long.");
  if (c == '\n') return refuse("A trailer line does not end in CRLF.");
  if (c == '\r') {
    state_ = State::trailer_lf;
  } else {
    trailer_line_.push_back(c);
  }
  return {};
}

ChunkedBody::Step ChunkedBody::end_trailer_line() {
  if (trailer_line_.empty()) {
    state_ = State::complete;
    return {};
  }
  if (!is_field_line(trailer_line_)) return refuse("A trailer line is not a header.");
  trailer_line_.clear();
  state_ = State::trailer;
  return {};
}

}  // namespace crewship
