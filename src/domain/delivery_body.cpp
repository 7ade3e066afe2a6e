#include <stdexcept>
#include <string>
#include <string_view>

#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/domain/delivery.hpp>
#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

void write_time(JsonWriter& writer, std::string_view name, const std::optional<WallTime>& time) {
  if (time) {
    writer.field(name, format_timestamp(*time));
  } else {
    writer.null_field(name);
  }
}

std::string run_url(std::string_view public_url, const RunId& run) {
  while (public_url.ends_with('/')) public_url.remove_suffix(1);
  return std::string(public_url) + "/v1/runs/" + run.text();
}

void write_output(JsonWriter& writer, const Run& run, std::size_t limit_bytes, std::string_view public_url) {
  if (!run.output) {
    writer.null_field("output");
    return;
  }
  // One level more than a caller may send: {"result": …} is around what a program printed.
  const auto output = javascript_json(*run.output, max_json_depth + 1);
  if (!output) throw std::logic_error("the output of " + run.id.text() + " is not JSON: " + output.error().message);
  if (output->size() <= limit_bytes) {
    writer.raw_field("output", *output);
  } else {
    writer.null_field("output").field("output_truncated", true).field("output_url", run_url(public_url, run.id));
  }
}

}  // namespace

std::string run_event_body(const Run& run, EventType event, std::size_t output_limit_bytes,
                           std::string_view public_url) {
  if (!run.completed_at) throw std::logic_error(run.id.text() + " has not ended, so it has no event");
  JsonWriter writer;
  writer.begin_object();
  writer.field("event", to_string(event)).field("timestamp", format_timestamp(*run.completed_at));
  writer.key("data").begin_object();
  writer.field("run_id", run.id.text()).field("deployment_id", run.deployment_id.text());
  writer.field("status", to_string(run.status));
  write_output(writer, run, output_limit_bytes, public_url);
  write_time(writer, "started_at", run.started_at);
  write_time(writer, "completed_at", run.completed_at);
  if (run.error_message) writer.field("error_message", replace_invalid_utf8(*run.error_message));
  writer.end_object().end_object();
  return writer.take();
}

std::string test_event_body(OutgoingWebhookId webhook, DeploymentId deployment, WallTime now) {
  JsonWriter writer;
  writer.begin_object();
  writer.field("event", to_string(EventType::webhook_test)).field("timestamp", format_timestamp(now));
  writer.key("data").begin_object();
  writer.field("webhook_id", webhook.text()).field("deployment_id", deployment.text());
  writer.field("message", "This is a test of your webhook. No run has ended.");
  writer.end_object().end_object();
  return writer.take();
}

}  // namespace crewship
