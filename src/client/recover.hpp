// Sending again what failed since a time, which `webhooks outgoing recover` and `deliveries recover` both are.
#pragma once

#include <string>

#include "client.hpp"

namespace crewship {

struct RecoverArguments {
  std::string since;
  bool dry_run = false;
};
void add_recover_options(CLI::App& command, RecoverArguments& arguments);
Result<> recover(Client& client, const std::string& webhook, const RecoverArguments& arguments);

}  // namespace crewship
