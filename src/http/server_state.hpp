// What all connections of a server share; outlives them. Loop thread.
#pragma once

#include <string>
#include <unordered_set>

#include <crewship/base/clock.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/http/message.hpp>
#include <crewship/http/server.hpp>

#include "deadlines.hpp"
#include "response_head.hpp"

namespace crewship {

struct ServerState {
  ServerState(Executor e, Clock& c, IdGenerator& i, const ServerLimits& l, Handler h);

  Executor executor;
  Clock& clock;
  IdGenerator& ids;
  ServerLimits limits;
  Handler handler;
  Deadlines deadlines;
  DateHeader date;
  // Where answers are composed. What the socket takes at once, mostly all of it, never needs memory of its own.
  std::string answer;
  ServerMetrics metrics;
  bool closing = false;                // every answer ends its connection
  bool stopping = false;               // no stream goes on
  std::unordered_set<Timer*> streams;  // waking one ends its stream
};

}  // namespace crewship
