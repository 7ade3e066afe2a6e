#include "resolver.hpp"

#include <system_error>
#include <utility>

#include <ares.h>

#include "dns_channel.hpp"

namespace crewship {
namespace {

std::string in_words(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
      return "name not found";
    case ARES_ENODATA:
      return "the name has no address";
    case ARES_ETIMEOUT:
      return "no name server answered";
    case ARES_ECONNREFUSED:  // c-ares goes on to the next server after SERVFAIL and REFUSED, and tells no more than
                             // this
      return "every name server failed, refused or could not be reached";
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
      return "the look-up was ended";
    default:
      return ares_strerror(status);
  }
}

}  // namespace

Resolver::Resolver(Executor executor, Clock& clock, DnsOptions options)
    : executor_(std::move(executor)), clock_(clock), options_(std::move(options)) {}

Resolver::~Resolver() { close(); }

void Resolver::close() {
  closed_ = true;
  if (channel_) std::exchange(channel_, nullptr)->close();
}

// A daemon outlives its network: another resolv.conf is a new channel, and the old one goes when its last query has.
// Looking at the file's time costs about as much as c-ares reading the hosts file, which it does for each look-up.
std::shared_ptr<DnsChannel> Resolver::current_channel() {
  std::error_code error;
  const auto written_at = std::filesystem::last_write_time(options_.resolv_conf, error);
  if (channel_ && (error || written_at == configured_at_)) return channel_;
  if (auto made = DnsChannel::make(executor_, options_)) {
    channel_ = std::move(made);
    configured_at_ = error ? std::filesystem::file_time_type{} : written_at;
  }
  return channel_;
}

Task<LookUpResult> Resolver::look_up(std::string name, std::chrono::nanoseconds at_most) {
  if (closed_) co_return std::unexpected(LookUpError{false, in_words(ARES_EDESTRUCTION)});
  const std::shared_ptr<DnsChannel> channel = current_channel();
  if (!channel) co_return std::unexpected(LookUpError{false, "the resolver cannot be set up"});

  const auto query = std::make_shared<DnsQuery>();
  query->done = clock_.make_timer(executor_);
  channel->look_up(name, query);
  if (!query->ended) co_await query->done->wait(at_most);
  if (!query->ended) co_return std::unexpected(LookUpError{true, {}});
  if (query->status != ARES_SUCCESS) co_return std::unexpected(LookUpError{false, in_words(query->status)});
  if (query->addresses.empty()) co_return std::unexpected(LookUpError{false, in_words(ARES_ENODATA)});
  co_return std::move(query->addresses);
}

}  // namespace crewship
