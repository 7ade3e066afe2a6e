#include <crewship/store/api_keys.hpp>

#include <gmock/gmock.h>

#include <crewship/base/crypto.hpp>
#include <crewship/store/sessions.hpp>

#include "raw_database.hpp"
#include "store_fixture.hpp"

namespace crewship {
namespace {

class ApiKeys : public StoreTest {
 protected:
  void SetUp() override { open(); }
  ApiKeyId add(std::string name, std::string_view key) {
    ApiKey row{ids.make<ApiKeyId>(), std::move(name), clock.now(), {}};
    write([&](Tx& tx) { insert_api_key(tx, row, sha256(key)); });
    return row.id;
  }
  std::optional<ApiKey> find(std::string_view key) {
    return read([&](Tx& tx) { return find_api_key_by_hash(tx, sha256(key)); });
  }
};

TEST_F(ApiKeys, AreFoundByHash) {
  const ApiKeyId id = add("laptop", "one");
  add("ci", "two");
  EXPECT_EQ(find("one")->id, id);
  EXPECT_EQ(find("one")->name, "laptop");
  EXPECT_FALSE(find("one")->last_used_at);
  EXPECT_FALSE(find("three"));
  EXPECT_EQ(read([](Tx& tx) { return count_api_keys(tx); }), 2);
  const auto page = read([](Tx& tx) { return list_api_keys(tx, {1, std::nullopt}); });
  EXPECT_EQ(page.rows[0].name, "ci");
  EXPECT_EQ(read([&](Tx& tx) { return list_api_keys(tx, {1, page.next}); }).rows[0].id, id);
}

TEST_F(ApiKeys, TheLastOneCannotBeDeleted) {
  const ApiKeyId first = add("laptop", "one");
  const ApiKeyId second = add("ci", "two");
  EXPECT_EQ(write([&](Tx& tx) { return delete_api_key(tx, first); }), DeleteApiKeyResult::deleted);
  EXPECT_FALSE(find("one"));
  EXPECT_EQ(write([&](Tx& tx) { return delete_api_key(tx, first); }), DeleteApiKeyResult::not_found);
  EXPECT_EQ(write([&](Tx& tx) { return delete_api_key(tx, second); }), DeleteApiKeyResult::last_one);
  EXPECT_TRUE(find("two"));
}

TEST_F(ApiKeys, OneThatIsDeletedTakesItsSessionsAlong) {
  add("laptop", "one");
  const ApiKeyId deleted = add("ci", "two");
  write([&](Tx& tx) {
    insert_session(tx, sha256("cookie"), {deleted, clock.now(), clock.now() + 1h});
    delete_api_key(tx, deleted);
  });
  EXPECT_FALSE(read([&](Tx& tx) { return find_session(tx, sha256("cookie"), clock.now()); }));
  EXPECT_THAT(RawDatabase(data_dir / "crewship.db").query("SELECT * FROM sessions"), testing::IsEmpty());
}

TEST_F(ApiKeys, UseIsNotedOnceAMinute) {
  const ApiKeyId id = add("laptop", "one");
  const WallTime first = clock.now();
  write([&](Tx& tx) { touch_api_key(tx, id, clock.now()); });
  EXPECT_EQ(find("one")->last_used_at, first);
  clock.advance(59s);
  write([&](Tx& tx) { touch_api_key(tx, id, clock.now()); });
  EXPECT_EQ(find("one")->last_used_at, first);
  clock.advance(1s);
  write([&](Tx& tx) { touch_api_key(tx, id, clock.now()); });
  EXPECT_EQ(find("one")->last_used_at, clock.now());
}

}  // namespace
}  // namespace crewship
