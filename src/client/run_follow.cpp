#include "run_follow.hpp"

#include <chrono>
#include <cstdio>

#include <crewship/client/printable.hpp>

#include "pause.hpp"

namespace crewship {
namespace {

constexpr int most_silent_connections = 5;  // in a row, without a single event

class Follower {
 public:
  Follower(Client& client, LogTarget target, bool timestamps)
      : client_(client), target_(target), timestamps_(timestamps) {}

  const std::string& last_id() const { return last_id_; }
  const std::string& status() const { return status_; }
  void take(const EventReader::Event& event);

 private:
  void write(const std::string& line) {
    std::FILE* const file = target_ == LogTarget::out ? stdout : stderr;
    std::fprintf(file, "%s\n", line.c_str());
    std::fflush(file);
  }

  Client& client_;
  LogTarget target_;
  bool timestamps_;
  std::string last_id_ = "0";
  std::string status_;
};

void Follower::take(const EventReader::Event& event) {
  if (!event.id.empty()) last_id_ = event.id;
  const auto document = read_json(event.data);
  if (!document || !document->is_object()) return;
  const std::string type = text_at(*document, "type");
  const Json data = document->value("data", Json::object());
  if (type == "complete") status_ = text_at(data, "status");
  if (client_.json() && target_ == LogTarget::out) return client_.print_json(event.data), void(std::fflush(stdout));
  if (type == "log") {
    const std::string level = text_at(data, "level");
    std::string line = timestamps_ ? text_at(data, "timestamp") + "  " : std::string();
    if (!level.empty() && level != "info") line += level + ": ";
    write(printable(line + text_at(data, "message")));
  } else if (type != "complete" && !type.starts_with("run.")) {
    write(printable("[" + type + "] " + json_text(data)));
  }
}

}  // namespace

EventReader::Event EventReader::parse(std::string_view block) {
  Event event;
  while (!block.empty()) {
    const std::string_view line = block.substr(0, block.find('\n'));
    block.remove_prefix(std::min(block.size(), line.size() + 1));
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("data: ")) event.data = line.substr(6);
  }
  return event;
}

Result<std::string> follow_run(Client& client, const std::string& run_id, LogTarget target, bool timestamps) {
  Follower follower(client, target, timestamps);
  const std::string path = "/v1/runs/" + percent_encoded(run_id) + "/events";
  for (int silent = 0; follower.status().empty();) {
    EventReader reader;
    const std::string before = follower.last_id();
    const auto streamed = client.api().stream(path, {{"Last-Event-ID", before}}, [&](std::string_view piece) {
      reader.read(piece, [&](const EventReader::Event& event) { follower.take(event); });
    });
    silent = follower.last_id() == before ? silent + 1 : 0;
    // A server that is starting answers, but not yet with events.
    const bool refused = !streamed && streamed.error().kind != ErrorKind::unavailable;
    if (!follower.status().empty()) break;
    if (refused || silent >= most_silent_connections) {
      if (!streamed) return std::unexpected(streamed.error());
      return fail(ErrorKind::unavailable, std::string(unreachable_code), "The events of " + run_id + " do not come.");
    }
    pause(client.clock(), std::chrono::seconds(silent));
  }
  return follower.status();
}

}  // namespace crewship
