// All deployments of a server with what belongs to them, in the shape of the file of export, with ids.
#pragma once

#include "client.hpp"

namespace crewship {

Result<Json> read_server_state(Client& client);
// The same without ids: what may leave.
Json exported(const Json& state, bool only_live_versions);

}  // namespace crewship
