// Runs the stream of a response until it returns, the peer goes away, a write makes no progress, the server
// or who made the response stops it;
// whichever comes first ends the others. Loop thread.
#pragma once

#include <crewship/http/message.hpp>

#include "peer_watch.hpp"
#include "server_connection.hpp"
#include "server_state.hpp"

namespace crewship {

// After the head. True when the stream came to its own end and the peer has all of it; a chunked body that was cut off
// lacks its last chunk, so the peer can tell.
Task<bool> run_stream(ServerState& server, ServerConnection& connection, PeerWatch& watch, const Response& response,
                      RequestId id, bool chunked);

}  // namespace crewship
