// Every list of the API: in pages without gaps or repeats, and strict about what it is asked.
#include <algorithm>
#include <functional>

#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr int rows = 25;

class Lists : public ApiTest {
 protected:
  struct List {
    std::string target;
    std::string plural;
    std::function<void(int)> add_row;
  };

  std::vector<List> all_lists() {
    return {
        {"/v1/deployments", "deployments", [this](int) { new_deployment(); }},
        {of_deployment("/versions"), "versions", [this](int) { new_version(); }},
        {of_deployment("/incoming-webhooks"), "incoming_webhooks",
         [this](int) { post(of_deployment("/incoming-webhooks"), R"({"name":"x"})"); }},
        {of_deployment("/outgoing-webhooks"), "outgoing_webhooks",
         [this](int) {
           post(of_deployment("/outgoing-webhooks"),
                R"({"name":"x","url":"https://example.com/","events":["run.failed"]})");
         }},
        {of_outgoing("/deliveries"), "deliveries",
         [this](int row) {
           if (row % 2 == 0) post(of_outgoing("/test"));
           if (row % 2 != 0) failed_delivery();
         }},
        {"/v1/deliveries", "deliveries", [this](int) { failed_delivery(); }},
        {"/v1/runs", "runs", [this](int row) { add_run(row); }},
        {"/v1/api-keys", "api_keys", [this](int) { post("/v1/api-keys", R"({"name":"x"})"); }},
        {"/v1/runs/" + logged_run().text() + "/logs", "logs", [this](int row) { add_log_line(row); }},
    };
  }

  // Ids of a page, and its next_cursor.
  std::pair<std::vector<std::string>, Json> page(const List& list, const std::string& query) {
    const Answer answer = get(list.target + query);
    EXPECT_THAT(answer, Status(200)) << list.target << query;
    std::vector<std::string> all;
    const Json body = answer.json();
    EXPECT_THAT(body, SizeIs(2)) << "a list has its rows and next_cursor";
    for (const auto& row : body.at(list.plural)) {
      all.push_back(row["id"].is_string() ? row["id"].get<std::string>() : row["id"].dump());
    }
    return {all, body.at("next_cursor")};
  }
  std::vector<std::string> walk(const List& list, const std::string& limit) {
    std::vector<std::string> all;
    std::string query = "?limit=" + limit;
    for (int pages = 0; pages < 100; ++pages) {
      const auto [ids_of_page, next] = page(list, query);
      all.insert(all.end(), ids_of_page.begin(), ids_of_page.end());
      if (next.is_null()) return all;
      query = "?limit=" + limit + "&cursor=" + next.get<std::string>();
    }
    ADD_FAILURE() << list.target << " never ends";
    return all;
  }

  void add_run(int row) {
    crewship::Run run;
    run.id = ids.make<RunId>();
    run.deployment_id = deployment;
    run.version_id = version;
    run.version_number = 1;
    run.environment = row % 2 == 0 ? Environment::production : Environment::staging;
    run.status = row % 3 == 0 ? RunStatus::failed : RunStatus::pending;
    run.created_at = clock.now();
    if (is_terminal(run.status)) run.completed_at = clock.now();
    write([&](Tx& tx) { insert_run(tx, run); });
    last_run = run.id;
  }
  RunId logged_run() {
    version = *VersionId::parse(new_version());
    add_run(0);
    logged = last_run;
    return logged;
  }
  void add_log_line(int row) {
    const std::array lines{RunEvent{
        .number = row + 2, .timestamp = clock.now(), .type = "log", .level = "info", .text = std::to_string(row)}};
    write([&](Tx& tx) { insert_run_events(tx, logged, lines); });
  }

  VersionId version;
  RunId last_run;
  RunId logged;
};

TEST_F(Lists, ComeInPagesWithoutGapsOrRepeats) {
  const auto lists = all_lists();
  for (const List& list : lists) {
    SCOPED_TRACE(list.target);
    for (int row = 0; row < rows; ++row) list.add_row(row);
    const auto [first, next] = page(list, "");
    EXPECT_THAT(first, SizeIs(20)) << "the default limit";
    EXPECT_TRUE(next.is_string());

    const auto all = walk(list, "100");
    EXPECT_GE(all.size(), static_cast<std::size_t>(rows));
    for (const char* limit : {"1", "7", "25"}) EXPECT_EQ(walk(list, limit), all) << limit;
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
    if (list.plural == "versions" || list.plural == "logs") continue;  // in the order of their numbers
    EXPECT_TRUE(std::ranges::is_sorted(all, std::ranges::greater())) << "newest first";
  }
}

TEST_F(Lists, AreInTheOrderPromised) {
  logged_run();
  for (int row = 0; row < 3; ++row) add_log_line(row);
  const Json lines = get("/v1/runs/" + logged.text() + "/logs").json()["logs"];
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0],
            Json({{"id", 2}, {"timestamp", "2025-01-15T10:30:00.000Z"}, {"level", "info"}, {"message", "0"}}));
  EXPECT_EQ(lines[2]["id"], 4);

  new_version();
  const Json versions = get(of_deployment("/versions")).json()["versions"];
  EXPECT_EQ(versions[0]["number"], 2);
  EXPECT_EQ(versions[1]["number"], 1);
}

TEST_F(Lists, ARowThatComesMeanwhileShiftsNoPage) {
  const List list{"/v1/deployments", "deployments", {}};
  for (int row = 0; row < 4; ++row) new_deployment();
  const auto all = walk(list, "100");
  const auto [first, next] = page(list, "?limit=2");
  new_deployment();
  const auto [second, end] = page(list, "?limit=2&cursor=" + next.get<std::string>());
  EXPECT_THAT(first, ElementsAre(all[0], all[1]));
  EXPECT_THAT(second, ElementsAre(all[2], all[3]));
}

TEST_F(Lists, BadQueriesAreRefused) {
  const auto lists = all_lists();
  for (const List& list : lists) {
    SCOPED_TRACE(list.target);
    for (const char* limit : {"0", "101", "-1", "+5", "5x", "", "1e1", "99999999999999999999",
                              "%20"
                              "5"}) {
      EXPECT_THAT(get(list.target + "?limit=" + limit), RefusedField("invalid_limit", "limit")) << limit;
    }
    for (const char* cursor : {"", "x", "att_00000000000000000000000000", "-1", "' OR 1", "%00"}) {
      EXPECT_THAT(get(list.target + "?cursor=" + cursor), RefusedField("invalid_cursor", "cursor")) << cursor;
    }
    EXPECT_THAT(get(list.target + "?page=2"), RefusedField("unknown_parameter", "page"));
    EXPECT_THAT(get(list.target + "?Limit=2"), RefusedField("unknown_parameter", "Limit"));
    EXPECT_THAT(get(list.target + "?%ff=2"), Refused("invalid_query"));
    EXPECT_THAT(get(list.target + "?limit=2&limit=3"), Refused("invalid_query"));
    EXPECT_THAT(get(list.target + "?limit=%zz"), Refused("invalid_query"));
  }
}

TEST_F(Lists, TheEnvironmentsAreAListToo) {
  const std::string environments = of_deployment("/environments");
  EXPECT_EQ(get(environments).json()["next_cursor"], nullptr);
  EXPECT_THAT(get(environments + "?cursor=1"), RefusedField("invalid_cursor", "cursor"));
  EXPECT_THAT(get(environments + "?environment=staging"), RefusedField("unknown_parameter", "environment"));
}

TEST_F(Lists, RunsAreFiltered) {
  logged_run();
  for (int row = 1; row < 12; ++row) add_run(row);
  const auto count = [this](const std::string& query) {
    const Answer answer = get("/v1/runs?limit=100&" + query);
    EXPECT_THAT(answer, Status(200));
    return answer.json()["runs"].size();
  };
  EXPECT_EQ(count("deployment_id=" + deployment.text()), 12U);
  EXPECT_EQ(count("deployment_id=" + ids.make<DeploymentId>().text()), 0U);
  EXPECT_EQ(count("environment=staging"), 6U);
  EXPECT_EQ(count("status=failed"), 4U);
  EXPECT_EQ(count("status=failed&environment=production"), 2U);
  EXPECT_EQ(count("status=succeeded"), 0U);
  EXPECT_EQ(count("environment=production&status=pending&deployment_id=" + deployment.text()), 4U);
}

TEST_F(Lists, AFilterThatNothingCanMatchIsRefused) {
  for (const char* query :
       {"environment=qa", "environment=", "status=done", "status=Failed", "deployment_id=dep_x", "deployment_id="}) {
    EXPECT_THAT(get("/v1/runs?" + std::string(query)), Refused("invalid_filter")) << query;
  }
  EXPECT_THAT(get(of_outgoing("/deliveries?status=running")), RefusedField("invalid_filter", "status"));
  EXPECT_THAT(get(of_outgoing("/deliveries?environment=staging")), RefusedField("unknown_parameter", "environment"));
  EXPECT_THAT(get("/v1/deployments?status=failed"), RefusedField("unknown_parameter", "status"));
}

}  // namespace
}  // namespace crewship
