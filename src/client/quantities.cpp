#include "quantities.hpp"

#include <charconv>
#include <limits>

#include <crewship/base/time_format.hpp>

namespace crewship {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  if (const auto seconds = whole_number(text)) return seconds;
  const auto duration = parse_duration(text);
  if (!duration || *duration % std::chrono::seconds(1) != std::chrono::milliseconds(0)) return std::nullopt;
  return *duration / std::chrono::seconds(1);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  constexpr std::string_view units = "KMGT";
  int shift = 0;
  if (text.size() > 3 && text.ends_with("iB") && units.contains(text[text.size() - 3])) {
    shift = 10 * (static_cast<int>(units.find(text[text.size() - 3])) + 1);
    text.remove_suffix(3);
  }
  const auto value = whole_number(text);
  if (!value || *value > std::numeric_limits<std::int64_t>::max() >> shift) return std::nullopt;
  return *value << shift;
}

}  // namespace crewship
