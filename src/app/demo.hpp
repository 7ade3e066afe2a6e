// `serve --demo`: a deployment with a real command, an incoming webhook to try, and an outgoing one that points at a
// receiver in the same process. Made once; found again at the next start.
#pragma once

#include <memory>
#include <string>

#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/base/random.hpp>
#include <crewship/http/server.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

class Demo {
 public:
  Demo(Executor executor, Store& store, Clock& clock, Random& random, IdGenerator& ids);
  ~Demo();
  // Makes what is missing and starts the receiver on a free port of the loopback.
  Task<Result<>> start();
  // The text for the screen: what to paste, where the key is.
  std::string welcome(const std::string& public_url, const std::string& admin_url,
                      const std::string& admin_key_hint) const;
  Task<void> stop();

 private:
  Task<Result<>> make_rows(std::string receiver_url, std::string secret);

  Store& store_;
  Clock& clock_;
  Random& random_;
  IdGenerator& ids_;
  Server receiver_;
  std::shared_ptr<const struct ReceiverOptions> receiver_options_;
  std::string token_;
};

}  // namespace crewship
