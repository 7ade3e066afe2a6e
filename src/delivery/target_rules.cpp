#include <crewship/delivery/target_rules.hpp>

#include <string>
#include <utility>

#include <crewship/http/url.hpp>

#include "egress.hpp"

namespace crewship {

Result<> check_target_url(std::string_view url, const std::vector<Cidr>& allow) {
  const auto parsed = TargetUrl::parse(url);
  if (!parsed) {
    Error error = parsed.error();
    error.field = "url";
    return std::unexpected(std::move(error));
  }
  if (!parsed->literal) return {};
  if (const auto kind = refused_kind(*parsed->literal, allow)) {
    return fail(ErrorKind::invalid, "url_not_allowed",
                "Deliveries do not go to " + parsed->host + ", which is " + *kind +
                    "; an operator can allow it with delivery.allow.",
                "url");
  }
  return {};
}

}  // namespace crewship
