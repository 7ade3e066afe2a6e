// The client's commands against a daemon of the test's own.
#pragma once

#include <string>
#include <vector>

#include "daemon.hpp"

namespace crewship::testing_support {

class ClientTest : public DaemonTest {
 protected:
  Finished crewshipd(std::vector<std::string> words, std::string input = {}) const {
    return run_program(client_program(std::move(words), std::move(input)));
  }
  // It must succeed; its output as JSON.
  Json told(std::vector<std::string> words, std::string input = {}) const {
    words.insert(words.begin(), {"--output", "json"});
    const Finished finished = crewshipd(words, std::move(input));
    EXPECT_EQ(finished.status, 0) << testing::PrintToString(words) << finished.err;
    return Json::parse(finished.out, nullptr, false);
  }
  ProgramOptions client_program(std::vector<std::string> words, std::string input = {}) const {
    words.insert(words.begin(), CREWSHIPD_BINARY);
    return {.command = std::move(words),
            .environment = {{"CREWSHIP_SERVER", daemon_->url()}, {"CREWSHIP_API_KEY", daemon_->key()}},
            .input = std::move(input)};
  }
};

}  // namespace crewship::testing_support
