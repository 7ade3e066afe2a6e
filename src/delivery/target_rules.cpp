#include <crewship/delivery/target_rules.hpp>

#include <crewship/http/url.hpp>

#include "egress.hpp"

namespace crewship {

Result<> check_target_url(std::string_view url, const std::vector<Cidr>& allow) {
  auto target = TargetUrl::parse(url);
  if (!target) {
    Error error = target.error();
    error.field = "url";
    return std::unexpected(std::move(error));
  }
  if (target->literal) {
    if (const auto reason = refusal(*target->literal, allow)) {
      return fail(ErrorKind::invalid, "url_not_allowed", "url must not lead to " + *reason + ".", "url");
    }
  }
  return {};
}

}  // namespace crewship
