// One scenario, again and again: each time another call of the daemon into the system fails, the first, the second and
// so on until there is none left. The daemon goes on, or ends with a reason; it never hangs, never crashes, and keeps
// its promises (docs/reliability.md).
#include <cerrno>
#include <csignal>

#include <e2e/raw_connection.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker.hpp"
#include "faulty_calls.hpp"

namespace crewship::testing_support {
namespace {

using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;

struct Failure {
  CallId call;
  int error;
  std::uint64_t first_at_start = 1;  // those before it are Asio's, which does not look whether they worked
};

std::string name_of_failure(const testing::TestParamInfo<Failure>& info) {
  return std::string(name_of(info.param.call)) + "_" + strerrorname_np(info.param.error);
}

class EveryCall : public testing::TestWithParam<Failure> {
 protected:
  // Far more than there are calls; a scenario that makes more and more of them would never end.
  static constexpr std::uint64_t too_many = 1000;

  EveryCall() : daemon_({.config = {{"log", {{"level", "info"}}}, {"executor", {{"drain_timeout", "5s"}}}}}) {
    daemon_.start();
    crews_.push_back(daemon_.make_crew(builtin_echo()));
    crews_.push_back(daemon_.make_crew({{"type", "command"}, {"command", {"cat"}}}));
    for (const Crew& crew : crews_) daemon_.subscribe(crew, subscriber_.url("/ok"));
    EXPECT_EQ(daemon_.stop(), 0);
    daemon_.options().environment = calls_.environment();
  }

  void arm(std::uint64_t nth) {
    calls_.forget_counts();
    calls_.fail(GetParam().call, GetParam().error, nth);
  }
  bool has_failed() const { return calls_.failed(GetParam().call) > 0; }

  // The status; 0 when the connection breaks.
  int call(const Crew& crew) {
    try {
      RawConnection connection(daemon_);
      connection.send(trigger_request(crew, R"({"a":1})"));
      const Answer answer = connection.answer();
      EXPECT_THAT(answer.status, AnyOf(Eq(202), Eq(503), Eq(500), Eq(0))) << answer.body;
      if (answer.status == 202) {
        const std::string run = answer.json().value("run_id", "");
        ledger_.accepted(run, {}, false);
        open_runs_.push_back(run);
      }
      return answer.status;
    } catch (const std::system_error&) {
      return 0;
    }
  }
  // Whether the daemon serves again; it must do so soon, or end.
  bool goes_on() {
    for (int tries = 0; tries < 1000; ++tries) {
      if (call(crews_[0]) == 202) return true;
      if (daemon_.program().ended_within(std::chrono::milliseconds(5))) return false;
    }
    ADD_FAILURE() << "it neither serves nor ends\n" << daemon_.log().text();
    return true;
  }
  // Until the log tells the end of each run's delivery, or the daemon has ended.
  void settle() {
    for (const std::string& run : std::exchange(open_runs_, {})) {
      if (daemon_.log().wait_until([&run](std::string_view text) {
            for (const char* end : {"delivery succeeded", "delivery failed"}) {
              for (auto at = text.find(end); at != std::string_view::npos; at = text.find(end, at + 1)) {
                if (text.substr(at, text.find('\n', at) - at).find(run) != std::string_view::npos) return true;
              }
            }
            return false;
          })) {
        continue;
      }
      if (!daemon_.log().ended())
        ADD_FAILURE() << "the delivery of " << run << " does not end\n" << daemon_.log().text();
      return;
    }
  }
  void expect_a_reason() {
    EXPECT_EQ(daemon_.program().wait(), 1) << daemon_.log().text();
    EXPECT_THAT(daemon_.log().whole(),
                AnyOf(HasSubstr("cannot start"), HasSubstr("database failed; stopping"), HasSubstr("task failed")));
  }
  void come_to_rest() {
    daemon_.options().environment.clear();
    if (daemon_.running()) EXPECT_THAT(daemon_.stop(), AnyOf(Eq(0), Eq(1)));
    daemon_.start();
    EXPECT_TRUE(daemon_.eventually([this] {
      return curl({.url = daemon_.url() + "/metrics"}).body.find("\ncrewship_deliveries_waiting 0\n") !=
             std::string::npos;
    }));
    EXPECT_EQ(daemon_.stop(), 0);
    EXPECT_THAT(checker_.at_rest(daemon_.data_dir()), IsEmpty());
  }

  FaultyCalls calls_;
  Subscriber subscriber_;
  Ledger ledger_;
  Daemon daemon_;
  Checker checker_{{.ledger = ledger_, .subscriber = subscriber_}};
  std::vector<Crew> crews_;
  std::vector<std::string> open_runs_;
};

TEST_P(EveryCall, ThatFailsWhileItServes) {
  std::uint64_t nth = 1;
  std::size_t ends = 0;
  for (; nth < too_many && !HasFailure(); ++nth) {
    SCOPED_TRACE(nth);
    if (!daemon_.running()) daemon_.start();
    arm(nth);
    for (const Crew& crew : crews_) call(crew);
    settle();
    if (!has_failed()) break;
    calls_.forget_counts();
    if (goes_on()) {
      settle();
      if (!daemon_.log().ended()) continue;
    }
    expect_a_reason();
    ++ends;
    EXPECT_THAT(checker_.after_crash(daemon_.data_dir(), true), IsEmpty());
  }
  EXPECT_LT(nth, too_many);
  come_to_rest();
  std::cout << nth - 1 << " failures, of which " << ends << " ended the daemon\n";
}

TEST_P(EveryCall, ThatFailsWhileItStartsOrStops) {
  std::uint64_t nth = GetParam().first_at_start;
  std::size_t refusals = 0;
  for (; nth < too_many && !HasFailure(); ++nth) {
    SCOPED_TRACE(nth);
    arm(nth);
    daemon_.launch();
    if (daemon_.ready_or_ended()) {
      daemon_.program().signal(SIGTERM);
      EXPECT_THAT(daemon_.program().wait(), AnyOf(Eq(0), Eq(1))) << daemon_.log().text();
    } else {
      expect_a_reason();
      ++refusals;
    }
    if (!has_failed()) break;
  }
  EXPECT_LT(nth, too_many);
  calls_.forget_counts();
  come_to_rest();
  std::cout << nth - 1 << " failures, of which " << refusals << " refused the start\n";
}

INSTANTIATE_TEST_SUITE_P(Store, EveryCall,
                         testing::Values(Failure{call_pwrite64, EIO}, Failure{call_pwrite64, ENOSPC},
                                         Failure{call_pread64, EIO}, Failure{call_fdatasync, EIO},
                                         Failure{call_fsync, EIO}, Failure{call_ftruncate64, EIO},
                                         Failure{call_ftruncate, EIO}, Failure{call_fstat64, EIO},
                                         Failure{call_mmap64, ENOMEM}, Failure{call_open64, EMFILE},
                                         Failure{call_open, EMFILE}, Failure{call_unlink, EIO},
                                         Failure{call_flock, ENOLCK}),
                         name_of_failure);

INSTANTIATE_TEST_SUITE_P(Sockets, EveryCall,
                         testing::Values(Failure{call_socket, EMFILE}, Failure{call_bind, EADDRINUSE},
                                         Failure{call_listen, EADDRINUSE}, Failure{call_accept, EMFILE},
                                         Failure{call_connect, ECONNREFUSED}, Failure{call_connect, EADDRNOTAVAIL},
                                         Failure{call_recvmsg, ECONNRESET}, Failure{call_send, EPIPE},
                                         Failure{call_setsockopt, ENOBUFS}, Failure{call_getsockopt, ENOBUFS},
                                         Failure{call_getsockname, ENOBUFS}, Failure{call_getpeername, ENOTCONN},
                                         Failure{call_ioctl, EIO}, Failure{call_epoll_create1, EMFILE},
                                         Failure{call_eventfd, EMFILE}, Failure{call_timerfd_create, EMFILE},
                                         Failure{call_sendmsg, ENOBUFS}, Failure{call_accept, ECONNABORTED},
                                         Failure{call_epoll_add, ENOSPC, 4}),
                         name_of_failure);

INSTANTIATE_TEST_SUITE_P(Processes, EveryCall,
                         testing::Values(Failure{call_pipe2, EMFILE}, Failure{call_access, EACCES},
                                         Failure{call_clone, EAGAIN}, Failure{call_fork, EAGAIN},
                                         Failure{call_waitid, EINTR}, Failure{call_fcntl, EIO, 3},
                                         Failure{call_fcntl64, ENOLCK}),
                         name_of_failure);

}  // namespace
}  // namespace crewship::testing_support
