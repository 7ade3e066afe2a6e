#include <crewship/domain/trace_context.hpp>

#include <algorithm>

namespace crewship {
namespace {

constexpr std::size_t version_end = 2;
constexpr std::size_t trace_id_begin = 3;
constexpr std::size_t trace_id_size = 32;
constexpr std::size_t span_id_begin = 36;
constexpr std::size_t span_id_size = 16;
constexpr std::size_t flags_begin = 53;
constexpr std::size_t traceparent_size = 55;
// A trace that begins here is worth recording: its runs and deliveries are.
constexpr std::string_view sampled = "01";
constexpr std::string_view not_sampled = "00";

bool is_lower_hexadecimal(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

bool is_odd(char hexadecimal_digit) {
  constexpr std::string_view odd = "13579bdf";
  return odd.contains(hexadecimal_digit);
}

std::string span_id_of(std::string_view id) {
  auto span = hexadecimal_of_id(id).substr(trace_id_size - span_id_size);
  if (is_zero(span)) span.back() = '1';  // all zeros is no id
  return span;
}

// `received`: the caller's traceparent, or empty. `first`: the id of that with which the trace begins otherwise.
std::string trace_id(std::string_view received, std::string_view first) {
  if (!received.empty()) return std::string(received.substr(trace_id_begin, trace_id_size));
  return hexadecimal_of_id(first);
}

std::string traceparent(std::string_view received, std::string_view first, std::string_view span) {
  const auto flags = received.empty() ? sampled : received.substr(flags_begin);
  std::string text = "00-";
  text.append(trace_id(received, first)).append("-").append(span_id_of(span)).append("-").append(flags);
  return text;
}

}  // namespace

std::optional<std::string> parse_traceparent(std::string_view header) {
  if (header.size() < traceparent_size) return std::nullopt;
  const auto version = header.substr(0, version_end);
  const auto trace = header.substr(trace_id_begin, trace_id_size);
  const auto span = header.substr(span_id_begin, span_id_size);
  const auto flags = header.substr(flags_begin, 2);
  for (const std::size_t dash : {trace_id_begin - 1, span_id_begin - 1, flags_begin - 1}) {
    if (header[dash] != '-') return std::nullopt;
  }
  for (const auto part : {version, trace, span, flags}) {
    if (!is_lower_hexadecimal(part)) return std::nullopt;
  }
  if (version == "ff" || is_zero(trace) || is_zero(span)) return std::nullopt;
  if (header.size() > traceparent_size && (version == "00" || header[traceparent_size] != '-')) return std::nullopt;
  // Flags that version 00 does not know are not passed on.
  std::string text = "00";
  text.append(header.substr(version_end, flags_begin - version_end));
  return text.append(is_odd(flags.back()) ? sampled : not_sampled);
}

std::string trace_id_of(const Run& run) { return trace_id(run.received_traceparent, run.id.text()); }

std::string traceparent_of(const Run& run) {
  return traceparent(run.received_traceparent, run.id.text(), run.id.text());
}

std::string traceparent_of(const Delivery& delivery, const AttemptId& attempt) {
  return traceparent(delivery.received_traceparent, delivery.run_id ? delivery.run_id->text() : delivery.id.text(),
                     attempt.text());
}

}  // namespace crewship
