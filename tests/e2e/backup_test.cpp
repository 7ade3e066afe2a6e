// Backup under load and restore: what was acknowledged before the backup began is there, secrets included.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

class Backup : public ClientTest {
 protected:
  std::string path(const std::string& name) const { return daemon_->folder() / name; }
  Finished back_up(std::vector<std::string> more = {}, const std::string& name = "backup.db") const {
    std::vector<std::string> words{"backup", path(name), "--config", daemon_->config_file().string()};
    words.insert(words.end(), more.begin(), more.end());
    return crewshipd(words);
  }
};

TEST_F(Backup, UnderLoadHoldsAllThatWasAcknowledgedBefore) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string url = daemon_->get("/v1/incoming-webhooks/" + crew.webhook_id).json()["url"];
  std::vector<std::string> acknowledged;
  for (int i = 0; i < 20; ++i) acknowledged.push_back(daemon_->trigger(crew).json()["run_id"]);
  std::atomic<bool> enough = false;
  std::atomic<int> triggered = 0;
  std::jthread load([&] {
    while (!enough) {
      if (curl(daemon_->trigger_call(crew)).status == 202) ++triggered;
    }
  });
  while (triggered == 0) std::this_thread::yield();
  const Finished made = back_up();
  enough = true;
  load.join();
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("master key"));
  EXPECT_EQ(std::filesystem::status(path("backup.db")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  Daemon other;
  const Finished restored = crewshipd({"restore", path("backup.db"), "--data-dir", other.data_dir().string()});
  ASSERT_EQ(restored.status, 0) << restored.err;
  write_file(other.data_dir() / "admin.key", daemon_->key());
  other.start();
  for (const auto& run_id : acknowledged) EXPECT_EQ(other.get("/v1/runs/" + run_id).status, 200) << run_id;
  const std::string path_there = other.get("/v1/incoming-webhooks/" + crew.webhook_id).json()["url"];
  EXPECT_EQ(path_there.substr(path_there.find("/webhooks")), url.substr(url.find("/webhooks")))
      << "opened with its key";
  EXPECT_EQ(other.trigger(crew).status, 202);
  other.stop();
  EXPECT_THAT(read_file(other.data_dir() / "crewship.db"), testing::Not(HasSubstr("crewshipd_backup(")));
}

TEST_F(Backup, WithoutTheKeyAsksForIt) {
  start();
  ASSERT_EQ(back_up({"--without-key"}).status, 0);
  const Finished refused = crewshipd({"restore", path("backup.db"), "--data-dir", path("new")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("--master-key-file"));
  EXPECT_FALSE(std::filesystem::exists(path("new/crewship.db")));
  write_file(path("wrong.key"), std::string(64, 'a'));
  EXPECT_EQ(crewshipd({"restore", path("backup.db"), "--data-dir", path("new"), "--master-key-file", path("wrong.key")})
                .status,
            1);
  const std::string key = daemon_->data_dir() / "master.key";
  EXPECT_EQ(crewshipd({"restore", path("backup.db"), "--data-dir", path("new"), "--master-key-file", key}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(path("new/master.key"))) << "the operator keeps it elsewhere";
}

TEST_F(Backup, RefusesToOverwrite) {
  start();
  ASSERT_EQ(back_up().status, 0);
  EXPECT_EQ(back_up().status, 1) << "the file exists";
  const std::string data = daemon_->data_dir();
  EXPECT_EQ(crewshipd({"restore", path("backup.db"), "--data-dir", data}).status, 1);
  const Finished running = crewshipd({"restore", path("backup.db"), "--data-dir", data, "--force"});
  EXPECT_EQ(running.status, 1);
  EXPECT_THAT(running.err, HasSubstr("in use by another crewshipd"));
  told({"deployments", "create", "after the backup"});
  daemon_->stop();
  const std::string key = daemon_->key();
  EXPECT_EQ(crewshipd({"restore", path("backup.db"), "--data-dir", data}).status, 1) << "used";
  EXPECT_EQ(crewshipd({"restore", path("backup.db"), "--data-dir", data, "--force"}).status, 0);
  EXPECT_TRUE(std::filesystem::exists(data + "/crewship.db.replaced"));
  write_file(data + "/admin.key", key);
  daemon_->start();
  EXPECT_EQ(told({"deployments", "list"})["deployments"], Json::array());
}

TEST_F(Backup, RefusesWhatIsNoBackup) {
  start();
  ASSERT_EQ(back_up().status, 0);
  std::string bytes = read_file(path("backup.db"));
  write_file(path("text.db"), "no database");
  write_file(path("empty.db"), "");
  bytes.replace(bytes.size() / 2, 4096, std::string(4096, 'x'));
  write_file(path("damaged.db"), bytes);
  for (const char* name : {"text.db", "empty.db", "damaged.db", "nowhere.db"}) {
    const Finished refused = crewshipd({"restore", path(name), "--data-dir", path("new")});
    EXPECT_EQ(refused.status, 1) << name;
    EXPECT_NE(refused.err, "");
    EXPECT_FALSE(std::filesystem::exists(path("new/crewship.db")));
  }
  EXPECT_EQ(crewshipd({"backup", path("x.db"), "--data-dir", path("nothing")}).status, 1);
}

}  // namespace
}  // namespace crewship::testing_support
