// GET /v1/overview: is everything all right, and if not, what fails and since when.
#include <algorithm>
#include <array>
#include <ranges>

#include <crewship/base/time_format.hpp>
#include <crewship/store/activity.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/webhooks.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "query.hpp"

namespace crewship {
namespace {

// What needs attention is read by a person: more lines than this say no more.
constexpr std::size_t attention_lines = 100;

struct Range {
  std::string_view name;
  std::chrono::minutes length;
  std::chrono::minutes bucket;
};
constexpr std::array ranges{Range{"1h", std::chrono::hours(1), std::chrono::minutes(1)},
                            Range{"24h", std::chrono::hours(24), std::chrono::minutes(30)},
                            Range{"7d", std::chrono::days(7), std::chrono::hours(3)}};

std::optional<Range> parse_range(std::string_view text) {
  const auto found = std::ranges::find(ranges, text, &Range::name);
  return found == ranges.end() ? std::nullopt : std::optional(*found);
}

struct Question {
  Range range;
  std::optional<Environment> environment;
  WallTime now;

  // The first one begins at a whole number of buckets; the last one is still open.
  ActivityPieces buckets() const {
    const std::chrono::milliseconds length = range.bucket;
    const auto count = range.length / range.bucket;
    const auto last = now.time_since_epoch() / length;
    return {WallTime(length * (last - count + 1)), range.bucket, static_cast<std::size_t>(count)};
  }
};

struct Attention {
  std::string_view kind;
  std::optional<std::string> id;
  std::optional<std::string> name;
  std::optional<std::string> deployment_id;
  std::optional<Environment> environment;
  std::optional<std::int64_t> version_number{};
  WallTime since;
  std::int64_t failures = 0;
  std::string error;
};

struct Overview {
  DeliveryCounts deliveries;
  std::int64_t failed_last_hour = 0;
  std::vector<Activity> run_buckets;
  std::vector<Activity> delivery_buckets;
  std::vector<Attention> attention;
};

void add_failing(Tx& tx, std::vector<Attention>& attention) {
  for (FailingWebhook& webhook : failing_webhooks(tx, attention_lines)) {
    attention.push_back({.kind = "outgoing_webhook",
                         .id = webhook.id.text(),
                         .name = std::move(webhook.name),
                         .deployment_id = webhook.deployment_id.text(),
                         .environment = webhook.environment,
                         .since = webhook.failing.since,
                         .failures = webhook.failing.failures,
                         .error = std::move(webhook.failing.error)});
  }
  for (FailingVersion& version : failing_versions(tx, attention_lines)) {
    attention.push_back({.kind = "version",
                         .id = version.id.text(),
                         .name = std::move(version.deployment_name),
                         .deployment_id = version.deployment_id.text(),
                         .environment = version.environment,
                         .version_number = version.number,
                         .since = version.failing.since,
                         .failures = version.failing.failures,
                         .error = std::move(version.failing.error)});
  }
}

void add_refusals(Tx& tx, const std::vector<Refusal>& refusals, std::vector<Attention>& attention) {
  for (const Refusal& refusal : refusals | std::views::take(attention_lines)) {
    Attention line{.kind = "refusals",
                   .id = {},
                   .name = {},
                   .deployment_id = {},
                   .environment = {},
                   .since = refusal.since,
                   .failures = refusal.count,
                   .error = refusal.message};
    if (refusal.incoming_webhook_id) {
      const auto webhook = find_incoming_webhook(tx, *refusal.incoming_webhook_id);
      if (!webhook) continue;  // deleted meanwhile
      line.id = webhook->id.text();
      line.name = webhook->name;
      line.deployment_id = webhook->deployment_id.text();
      line.environment = webhook->environment;
    }
    attention.push_back(std::move(line));
  }
}

Overview look(Tx& tx, const Question& question, const std::vector<Refusal>& refusals) {
  Overview overview;
  overview.deliveries = delivery_counts(tx);
  const auto hour = question.now - std::chrono::hours(1);
  const ActivityPieces whole_minutes{hour + std::chrono::minutes(1), std::chrono::minutes(60), 1};
  overview.failed_last_hour = run_activity(tx, whole_minutes, question.environment).front().failed;
  overview.run_buckets = run_activity(tx, question.buckets(), question.environment);
  overview.delivery_buckets = delivery_activity(tx, question.buckets(), question.environment);
  add_failing(tx, overview.attention);
  add_refusals(tx, refusals, overview.attention);
  std::erase_if(overview.attention, [&](const Attention& line) {
    return question.environment && line.environment && *line.environment != *question.environment;
  });
  // What has failed longest is most likely forgotten.
  std::ranges::sort(overview.attention, {}, [](const Attention& line) { return std::pair(line.since, line.kind); });
  if (overview.attention.size() > attention_lines) overview.attention.resize(attention_lines);
  return overview;
}

enum class Canceled { shown, unknown };

void render_buckets(JsonWriter& json, std::string_view name, const std::vector<Activity>& buckets, Canceled canceled) {
  json.key(name).begin_array();
  for (const Activity& bucket : buckets) {
    json.begin_object()
        .field("at", format_timestamp(bucket.from))
        .field("succeeded", bucket.succeeded)
        .field("failed", bucket.failed);
    if (canceled == Canceled::shown) json.field("canceled", bucket.canceled);
    json.end_object();
  }
  json.end_array();
}

void render(JsonWriter& json, const Attention& line) {
  json.begin_object()
      .field("kind", line.kind)
      .field("id", line.id)
      .field("name", line.name)
      .field("deployment_id", line.deployment_id)
      .field("environment", line.environment.transform([](Environment e) { return to_string(e); }))
      .field("version_number", line.version_number)
      .field("since", format_timestamp(line.since))
      .field("failures", line.failures)
      .field("error", line.error)
      .end_object();
}

Result<Question> question_of(ApiContext& api, const Request& request) {
  const auto parameters = query_parameters(request);
  if (!parameters) return std::unexpected(parameters.error());
  Question question{.range = ranges.front(), .environment = {}, .now = api.clock.now()};
  for (const auto& [name, value] : *parameters) {
    if (name == "range") {
      const auto range = parse_range(value);
      if (!range) return fail(ErrorKind::invalid, "invalid_filter", "range must be 1h, 24h or 7d.", "range");
      question.range = *range;
    } else if (name == "environment") {
      question.environment = parse_environment(value);
      if (!question.environment) {
        return fail(ErrorKind::invalid, "invalid_filter", "environment must be production or staging.", "environment");
      }
    } else {
      return fail(ErrorKind::invalid, "unknown_parameter", "The overview has no parameter of that name.");
    }
  }
  return question;
}

Task<Response> get(ApiContext& api, Request& request) {
  const auto question = question_of(api, request);
  if (!question) co_return error_response(question.error());
  const auto refusals = api.options.refusals();
  const auto overview =
      co_await api.store.read([&](Tx& tx) -> Result<Overview> { return look(tx, *question, refusals); });
  if (!overview) co_return error_response(overview.error());
  const auto oldest = overview->deliveries.oldest_waiting_since.transform(format_timestamp);
  JsonWriter json;
  json.begin_object()
      .field("now", format_timestamp(question->now))
      .field("running", api.runs.running())
      .field("waiting_callers", api.runs.waiting())
      .field("failed_last_hour", overview->failed_last_hour)
      .field("waiting_deliveries", overview->deliveries.waiting)
      .field("oldest_waiting_delivery_at", oldest)
      .field("bucket_seconds", std::chrono::seconds(question->range.bucket).count());
  render_buckets(json, "runs", overview->run_buckets, Canceled::shown);
  render_buckets(json, "deliveries", overview->delivery_buckets, Canceled::unknown);
  json.key("attention").begin_array();
  for (const Attention& line : overview->attention) render(json, line);
  json.end_array().end_object();
  co_return json_response(200, json.take());
}

}  // namespace

void add_overview_routes(ApiRoutes& routes) { routes.add("GET", "/v1/overview", get); }

}  // namespace crewship
