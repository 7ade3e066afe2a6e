#include "client_pool.hpp"

#include <algorithm>
#include <utility>

namespace crewship {

ClientPool::ClientPool(Executor executor, Clock& clock, const ClientOptions& options)
    : clock_(clock),
      per_host_(options.idle_connections_per_host),
      in_all_(options.idle_connections),
      timeout_(options.idle_timeout),
      alarm_(std::move(executor), clock) {}

std::unique_ptr<ClientConnection> ClientPool::take(const std::string& key,
                                                   const std::vector<asio::ip::address>& addresses) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<ClientConnection> taken;
  Idle& idle = found->second;
  // The newest is the least likely to have been closed by the other side. Those to other addresses stay: a name with
  // changing answers may come back to them, and may_dial is asked again then.
  for (std::size_t index = idle.size(); index > 0 && !taken; --index) {
    const auto place = idle.begin() + static_cast<std::ptrdiff_t>(index - 1);
    if (std::ranges::find(addresses, (*place)->peer().address()) == addresses.end()) continue;
    if ((*place)->still_silent() && clock_.steady_now() - (*place)->idle_since < timeout_) taken = std::move(*place);
    idle.erase(place);
    --count_;
  }
  if (idle.empty()) idle_.erase(found);
  return taken;
}

void ClientPool::put(const std::string& key, std::unique_ptr<ClientConnection> connection) {
  if (closed_ || per_host_ == 0 || in_all_ == 0) return;
  connection->idle_since = clock_.steady_now();
  Idle& idle = idle_[key];
  idle.push_back(std::move(connection));
  ++count_;
  if (idle.size() > per_host_) {
    idle.erase(idle.begin());
    --count_;
  }
  if (count_ > in_all_) drop_oldest();
  if (!std::exchange(alarm_set_, true)) alarm_.set(timeout_, [this] { drop_expired(); });
}

void ClientPool::close() {
  closed_ = true;
  idle_.clear();
  count_ = 0;
  alarm_.clear();
}

void ClientPool::drop_oldest() {
  const auto oldest =
      std::ranges::min_element(idle_, {}, [](const auto& entry) { return entry.second.front()->idle_since; });
  oldest->second.erase(oldest->second.begin());
  if (oldest->second.empty()) idle_.erase(oldest);
  --count_;
}

void ClientPool::drop_expired() {
  alarm_set_ = false;
  const SteadyTime now = clock_.steady_now();
  SteadyTime oldest = SteadyTime::max();
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    Idle& idle = entry->second;
    count_ -= std::erase_if(idle, [&](const auto& connection) { return now - connection->idle_since >= timeout_; });
    if (idle.empty()) {
      entry = idle_.erase(entry);
    } else {
      oldest = std::min(oldest, idle.front()->idle_since);
      ++entry;
    }
  }
  if (idle_.empty()) return;
  alarm_set_ = true;
  alarm_.set(oldest + timeout_ - now, [this] { drop_expired(); });
}

}  // namespace crewship
