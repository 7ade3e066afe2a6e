#include "process_tag.hpp"

#include <charconv>
#include <string_view>

#include "process_table.hpp"

namespace crewship {

// "Max file locks            <soft>               <hard>               locks"
std::optional<ProcessTag> tag_of_process(pid_t pid) {
  const auto limits = read_process_file(pid, "limits");
  constexpr std::string_view name = "Max file locks";
  const auto place = limits.find(name);
  if (place == std::string::npos) return std::nullopt;
  auto line = std::string_view(limits).substr(place + name.size());
  line = line.substr(0, line.find('\n'));
  take_word(line);
  const auto hard = take_word(line);
  ProcessTag tag = 0;
  const auto [end, error] = std::from_chars(hard.data(), hard.data() + hard.size(), tag);
  if (error != std::errc{} || end != hard.data() + hard.size()) return std::nullopt;
  return tag;
}

}  // namespace crewship
