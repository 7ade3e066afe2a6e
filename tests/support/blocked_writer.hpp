// Occupies a store's writer until it is released, so that what needs no write can be told from what does.
#pragma once

#include <future>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <crewship/store/store.hpp>

#include "support/run_loop.hpp"

namespace crewship {

class BlockedWriter {
 public:
  BlockedWriter(RunLoop& loop, Store& store) : loop_(loop) {
    asio::co_spawn(loop.context(), block(store, blocked_, released_.get_future().share(), free_), rethrow);
    loop.poll();
    blocked_.get_future().wait();
  }
  ~BlockedWriter() { release(); }
  BlockedWriter(const BlockedWriter&) = delete;
  BlockedWriter& operator=(const BlockedWriter&) = delete;

  void release() {
    if (std::exchange(let_go_, true)) return;
    released_.set_value();
    loop_.until([this] { return free_; });
  }

 private:
  static Task<void> block(Store& store, std::promise<void>& blocked, std::shared_future<void> released, bool& is_free) {
    const auto job = [&](Tx&) -> Result<> {
      blocked.set_value();
      released.wait();
      return {};
    };
    EXPECT_TRUE(co_await store.write(job));
    is_free = true;
  }
  static void rethrow(const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  }

  RunLoop& loop_;
  std::promise<void> blocked_;
  std::promise<void> released_;
  bool free_ = false;
  bool let_go_ = false;
};

}  // namespace crewship
