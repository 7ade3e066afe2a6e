// How each thing looks in JSON. Payloads are embedded as the text they are; secrets are never here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <crewship/base/json_writer.hpp>
#include <crewship/domain/delivery.hpp>
#include <crewship/domain/model.hpp>
#include <crewship/domain/run.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/runs.hpp>

namespace crewship {

struct DeliveryWithAttempts {
  Delivery delivery;
  std::vector<Attempt> attempts;
  DeliveryTarget target;
};
struct WholeDelivery {
  DeliveryWithAttempts delivery;  // and its body
};
struct RunTrace {
  Run run;
  std::optional<std::string> incoming_webhook_name;
  std::vector<DeliveryWithAttempts> deliveries;
};
struct IncomingWebhookWithUrl {
  IncomingWebhook webhook;
  std::string url;
  std::string token;  // only when just made: shown then
};
struct IncomingWebhookRow {
  IncomingWebhook webhook;
  std::string masked_url;
  RecentRuns recent;
};
struct OutgoingWebhookRow {
  OutgoingWebhook webhook;
  RecentDeliveries recent;
};
struct OutgoingWebhookWithSecret {
  OutgoingWebhook webhook;
  std::string secret;  // just made: shown once
};
struct ApiKeyWithText {
  ApiKey key;
  std::string text;  // just made: shown once
};

void render(JsonWriter& json, const Deployment& deployment);
void render(JsonWriter& json, const Version& version);
void render(JsonWriter& json, const EnvironmentPointer& pointer);
void render(JsonWriter& json, const Run& run);
void render(JsonWriter& json, const LogLine& line);
void render(JsonWriter& json, const RunTrace& trace);
void render(JsonWriter& json, const IncomingWebhookRow& row);
void render(JsonWriter& json, const IncomingWebhookWithUrl& webhook);
void render(JsonWriter& json, const OutgoingWebhook& webhook);
void render(JsonWriter& json, const OutgoingWebhookWithSecret& webhook);
void render(JsonWriter& json, const OutgoingWebhookRow& row);
void render(JsonWriter& json, const DeliveryWithAttempts& delivery);
void render(JsonWriter& json, const WholeDelivery& delivery);
void render(JsonWriter& json, const ApiKey& key);
void render(JsonWriter& json, const ApiKeyWithText& key);

}  // namespace crewship
