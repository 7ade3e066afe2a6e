// The streams that are open, by what opened them: they end with the API key or the session, not when the client feels
// like it. Loop thread.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <crewship/base/ids.hpp>
#include <crewship/http/message.hpp>

namespace crewship {

class OpenStreams {
 public:
  // For the response of a stream; known for as long as that is there. `session_hash` is empty for one without a
  // session.
  std::shared_ptr<StreamStop> add(ApiKeyId key, std::string session_hash) {
    const auto place = open_->insert(open_->end(), {std::move(key), std::move(session_hash), {}});
    return {&place->stop, [open = open_, place](StreamStop*) { open->erase(place); }};
  }

  void end_those_of_key(const ApiKeyId& key) {
    for (Open& each : *open_) {
      if (each.key == key) each.stop.stop();
    }
  }
  void end_those_of_session(std::string_view session_hash) {
    for (Open& each : *open_) {
      if (each.session_hash == session_hash) each.stop.stop();
    }
  }

 private:
  struct Open {
    ApiKeyId key;
    std::string session_hash;
    StreamStop stop;
  };
  std::shared_ptr<std::list<Open>> open_ = std::make_shared<std::list<Open>>();  // responses may outlive the API
};

}  // namespace crewship
