#include "render.hpp"

#include <optional>
#include <variant>

#include <crewship/base/time_format.hpp>
#include <crewship/domain/trace_context.hpp>

namespace crewship {
namespace {

std::optional<std::string> timestamp(const std::optional<WallTime>& time) {
  return time ? std::optional(format_timestamp(*time)) : std::nullopt;
}

template <class IdType>
std::optional<std::string> text_of(const std::optional<IdType>& id) {
  return id ? std::optional(id->text()) : std::nullopt;
}

void render(JsonWriter& json, const RunnerSpec& runner) {
  json.begin_object();
  if (const auto* command = std::get_if<CommandRunner>(&runner)) {
    json.field("type", "command").key("command").begin_array();
    for (const auto& word : command->command) json.string(word);
    json.end_array();
    if (!command->working_dir.empty()) json.field("working_dir", command->working_dir);
  } else {
    json.field("type", "builtin").field("handler", std::get<BuiltinRunner>(runner).handler);
  }
  json.end_object();
}

void render(JsonWriter& json, const Attempt& attempt) {
  json.begin_object()
      .field("id", attempt.id.text())
      .field("number", attempt.number)
      .field("status", to_string(attempt.status))
      .field("response_status", attempt.response_status)
      .field("error", attempt.error)
      .field("started_at", format_timestamp(attempt.started_at));
  if (attempt.duration) {
    json.field("duration_ms", attempt.duration->count());
  } else {
    json.null_field("duration_ms");
  }
  json.field("response_body", attempt.response_body).field("url", attempt.url);
  if (attempt.request_headers.empty()) {
    json.null_field("request_headers");
  } else {
    json.key("request_headers").begin_object();
    for (const auto& [name, value] : attempt.request_headers) json.field(name, value);
    json.end_object();
  }
  json.end_object();
}

void fields(JsonWriter& json, const IncomingWebhook& webhook) {
  json.field("id", webhook.id.text())
      .field("deployment_id", webhook.deployment_id.text())
      .field("name", webhook.name)
      .field("environment", to_string(webhook.environment))
      .field("enabled", webhook.enabled)
      .field("created_at", format_timestamp(webhook.created_at));
}

void fields(JsonWriter& json, const OutgoingWebhook& webhook) {
  json.field("id", webhook.id.text())
      .field("deployment_id", webhook.deployment_id.text())
      .field("name", webhook.name)
      .field("environment", to_string(webhook.environment))
      .field("url", webhook.url)
      .key("events")
      .begin_array();
  for (const EventType event : webhook.events) json.string(to_string(event));
  json.end_array().key("headers").begin_object();
  for (const auto& [name, value] : webhook.headers) json.field(name, masked_header_value);
  json.end_object().field("enabled", webhook.enabled).field("created_at", format_timestamp(webhook.created_at));
}

void fields(JsonWriter& json, const DeliveryWithAttempts& with_attempts) {
  const Delivery& delivery = with_attempts.delivery;
  const DeliveryTarget& target = with_attempts.target;
  json.field("id", delivery.id.text())
      .field("outgoing_webhook_id", delivery.outgoing_webhook_id.text())
      .field("outgoing_webhook_name", target.name)
      .field("deployment_id", target.deployment_id.text())
      .field("environment", to_string(target.environment))
      .field("url", target.url)
      .field("run_id", text_of(delivery.run_id))
      .field("event", to_string(delivery.event))
      .field("status", to_string(delivery.status))
      .field("error", delivery.error)
      .field("created_at", format_timestamp(delivery.created_at))
      .field("next_attempt_at", timestamp(delivery.next_attempt_at))
      .field("completed_at", timestamp(delivery.completed_at))
      .key("attempts")
      .begin_array();
  for (const Attempt& attempt : with_attempts.attempts) render(json, attempt);
  json.end_array();
}

// When it was used last, and what became of the last few, newest first.
template <class Recent>
void recent_fields(JsonWriter& json, const Recent& recent) {
  json.field("last_used_at", timestamp(recent.last_used_at)).key("recent").begin_array();
  for (const auto status : recent.statuses) json.string(to_string(status));
  json.end_array();
}

void fields(JsonWriter& json, const ApiKey& key) {
  json.field("id", key.id.text())
      .field("name", key.name)
      .field("created_at", format_timestamp(key.created_at))
      .field("last_used_at", timestamp(key.last_used_at));
}

}  // namespace

void render(JsonWriter& json, const Deployment& deployment) {
  json.begin_object()
      .field("id", deployment.id.text())
      .field("name", deployment.name)
      .field("created_at", format_timestamp(deployment.created_at))
      .end_object();
}

void render(JsonWriter& json, const Version& version) {
  json.begin_object()
      .field("id", version.id.text())
      .field("deployment_id", version.deployment_id.text())
      .field("number", version.number)
      .key("runner");
  render(json, version.runner);
  json.key("env").begin_object();
  for (const auto& [name, value] : version.env) json.field(name, value);
  json.end_object();
  if (version.time_limit) {
    json.field("timeout_seconds", version.time_limit->count());
  } else {
    json.null_field("timeout_seconds");
  }
  json.key("limits").begin_object();
  const auto limit = [&json](std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) json.field(name, *value);
  };
  limit("memory_bytes", version.limits.memory_bytes);
  limit("cpu_seconds", version.limits.cpu_seconds);
  limit("open_files", version.limits.open_files);
  limit("processes", version.limits.processes);
  json.end_object();
  json.field("created_at", format_timestamp(version.created_at)).end_object();
}

void render(JsonWriter& json, const EnvironmentPointer& pointer) {
  json.begin_object().field("environment", to_string(pointer.environment));
  if (pointer.version_id.empty()) {
    json.null_field("version_id").null_field("version_number").null_field("updated_at");
  } else {
    json.field("version_id", pointer.version_id.text())
        .field("version_number", pointer.version_number)
        .field("updated_at", format_timestamp(pointer.updated_at));
  }
  json.end_object();
}

void render(JsonWriter& json, const Run& run) {
  json.begin_object()
      .field("id", run.id.text())
      .field("deployment_id", run.deployment_id.text())
      .field("version_id", run.version_id.text())
      .field("version_number", run.version_number)
      .field("environment", to_string(run.environment))
      .field("status", to_string(run.status))
      .raw_field("input", run.input)
      .raw_field("output", run.output.value_or("null"))
      .field("error_message", run.error_message)
      .field("incoming_webhook_id", text_of(run.incoming_webhook_id))
      .field("created_at", format_timestamp(run.created_at))
      .field("started_at", timestamp(run.started_at))
      .field("completed_at", timestamp(run.completed_at))
      .field("traceparent", traceparent_of(run))
      .end_object();
}

void render(JsonWriter& json, const LogLine& line) {
  json.begin_object()
      .field("id", line.id)
      .field("timestamp", format_timestamp(line.timestamp))
      .field("level", line.level)
      .field("message", line.message)
      .end_object();
}

void render(JsonWriter& json, const RunTrace& trace) {
  const Run& run = trace.run;
  json.begin_object().key("run");
  render(json, run);
  json.key("request")
      .begin_object()
      .field("request_id", run.request_id.empty() ? std::nullopt : std::optional(run.request_id))
      .field("incoming_webhook_id", text_of(run.incoming_webhook_id))
      .field("incoming_webhook_name", trace.incoming_webhook_name)
      .field("received_at", format_timestamp(run.received_at.value_or(run.created_at)))
      .field("accepted_at", format_timestamp(run.created_at))
      .field("started_at", timestamp(run.started_at))
      .field("traceparent", run.received_traceparent.empty() ? std::nullopt : std::optional(run.received_traceparent))
      .end_object()
      .key("deliveries")
      .begin_array();
  for (const DeliveryWithAttempts& delivery : trace.deliveries) render(json, delivery);
  json.end_array().end_object();
}

void render(JsonWriter& json, const IncomingWebhookRow& row) {
  json.begin_object();
  fields(json, row.webhook);
  json.field("masked_url", row.masked_url);
  recent_fields(json, row.recent);
  json.end_object();
}

void render(JsonWriter& json, const IncomingWebhookWithUrl& webhook) {
  json.begin_object();
  fields(json, webhook.webhook);
  json.field("url", webhook.url);
  if (!webhook.token.empty()) json.field("token", webhook.token);
  json.end_object();
}

void render(JsonWriter& json, const OutgoingWebhookRow& row) {
  json.begin_object();
  fields(json, row.webhook);
  recent_fields(json, row.recent);
  json.end_object();
}

void render(JsonWriter& json, const OutgoingWebhook& webhook) {
  json.begin_object();
  fields(json, webhook);
  json.end_object();
}

void render(JsonWriter& json, const OutgoingWebhookWithSecret& webhook) {
  json.begin_object();
  fields(json, webhook.webhook);
  json.field("secret", webhook.secret).end_object();
}

void render(JsonWriter& json, const DeliveryWithAttempts& delivery) {
  json.begin_object();
  fields(json, delivery);
  json.end_object();
}

void render(JsonWriter& json, const WholeDelivery& whole) {
  json.begin_object();
  fields(json, whole.delivery);
  json.field("request_body", whole.delivery.delivery.body).end_object();
}

void render(JsonWriter& json, const ApiKey& key) {
  json.begin_object();
  fields(json, key);
  json.end_object();
}

void render(JsonWriter& json, const ApiKeyWithText& key) {
  json.begin_object();
  fields(json, key.key);
  json.field("key", key.text).end_object();
}

}  // namespace crewship
