#include <crewship/ingress/refusals.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace crewship {

void Refusals::note(const std::optional<IncomingWebhookId>& webhook, std::string code, std::string message,
                    WallTime now) {
  const auto same = [&](const Refusal& line) { return line.incoming_webhook_id == webhook && line.code == code; };
  const auto found = std::ranges::find_if(lines_, same);
  if (found != lines_.end()) {
    if (now - found->last >= kept) *found = {webhook, std::move(code), {}, now, now, 0};
    found->message = std::move(message);
    found->last = now;
    ++found->count;
    return;
  }
  if (lines_.size() == max_lines) lines_.erase(std::ranges::min_element(lines_, {}, &Refusal::last));
  lines_.push_back({webhook, std::move(code), std::move(message), now, now, 1});
}

std::vector<Refusal> Refusals::recent(WallTime now) const {
  std::vector<Refusal> lines;
  std::ranges::copy_if(lines_, std::back_inserter(lines), [&](const Refusal& line) { return now - line.last < kept; });
  std::ranges::sort(lines, std::ranges::greater(), &Refusal::last);
  return lines;
}

}  // namespace crewship
