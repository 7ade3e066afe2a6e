// A TCP connection to the daemon, for what no well-behaved client does: to send half a request, to hang up, to send
// many at the same moment.
#pragma once

#include <string>
#include <string_view>

#include <crewship/base/unique_fd.hpp>

#include "curl.hpp"
#include "daemon.hpp"

namespace crewship::testing_support {

class RawConnection {
 public:
  explicit RawConnection(const Daemon& daemon);
  void send(std::string_view bytes) const;
  // One whole answer with a Content-Length; status 0 when the connection ends before. To HEAD there is no body.
  Answer answer(bool to_head = false);
  bool closed_by_peer();                  // waits for the end of the connection; false when something comes instead
  bool wait_for(std::string_view words);  // false when the connection ends before
  std::string rest();                     // all that comes until the connection ends
  void hang_up() { socket_ = {}; }
  const UniqueFd& socket() const { return socket_; }

 private:
  bool read_more();

  UniqueFd socket_;
  std::string buffer_;
};

std::string trigger_request(const Crew& crew, std::string_view body, std::string_view headers = "");

}  // namespace crewship::testing_support
