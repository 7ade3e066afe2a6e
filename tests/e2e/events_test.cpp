// Watching runs as users do: curl on the event stream and the log, programs that say what they do, and what becomes of
// the watchers when the daemon stops, crashes or is read too slowly.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "gate.hpp"
#include "raw_connection.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Frame {
  std::string id;
  Json data;
  std::string type() const { return data.value("type", ""); }
};

// Strictly what the contract says: "id: N", "data: {…}", an empty line; comments between.
std::vector<Frame> frames_of(std::string_view text) {
  std::vector<Frame> frames;
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    if (end == std::string_view::npos) break;  // not whole yet
    const std::string_view frame = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (frame.starts_with(':')) continue;
    const auto line = frame.find('\n');
    if (!frame.starts_with("id: ") || !frame.substr(line + 1).starts_with("data: {")) {
      ADD_FAILURE() << "not a frame: " << frame;
      break;
    }
    frames.push_back({std::string(frame.substr(4, line - 4)), Json::parse(frame.substr(line + 7))});
    EXPECT_EQ(frames.back().data["data"], frames.back().data["payload"]);
  }
  return frames;
}

std::vector<std::string> types_of(const std::vector<Frame>& frames) {
  std::vector<std::string> types;
  for (const Frame& frame : frames) types.push_back(frame.type());
  return types;
}

class Events : public DaemonTest {
 protected:
  // curl -N as a person would call it.
  std::unique_ptr<Program> watch(const std::string& path, std::vector<std::string> more = {}) {
    std::vector<std::string> command{"curl", "-sSN", "-H", "Authorization: Bearer " + daemon_->key()};
    command.insert(command.end(), more.begin(), more.end());
    command.push_back(daemon_->url() + path);
    return std::make_unique<Program>(ProgramOptions{.command = std::move(command)});
  }
  std::unique_ptr<Program> watch_run(const std::string& run, std::vector<std::string> more = {}) {
    return watch("/v1/runs/" + run + "/events", std::move(more));
  }
  std::vector<Frame> all_frames(const std::string& run, std::vector<std::string> more = {}) {
    const auto curl = watch_run(run, std::move(more));
    const auto text = curl->out().whole();
    EXPECT_EQ(curl->wait(), 0) << curl->err().whole();
    return frames_of(text);
  }
  std::string trigger(const Json& runner) {
    crew_ = daemon_->make_crew(runner);
    return daemon_->trigger(crew_).json()["run_id"];
  }

  Crew crew_;
};

Json python(std::string_view script) {
  return {{"type", "command"}, {"command", {"python3", "-uc", std::string(script)}}};
}

TEST_F(Events, AProgramSaysWhatItDoesWhileItDoesIt) {
  start();
  const Gate gate(daemon_->folder() / "gate");
  const std::string run = trigger(python(R"(
import json, os, sys
events = os.fdopen(int(os.environ["CREWSHIP_EVENTS_FD"]), "w", buffering=1)
def emit(type, **data): events.write(json.dumps({"type": type, "data": data}) + "\n")
emit("task.started", task="research", text="é \u2028\r\n")
print("a line of the log", file=sys.stderr)
open(")" + (daemon_->folder() / "gate").string() +
                                         R"(").readline()
emit("tool_use", name="search", n=12345678901234567890)
events.write("not json\n")
emit("complete", status="forged")
print(json.dumps({"done": True}))
)"));
  const auto curl = watch_run(run, {"-i"});
  ASSERT_TRUE(curl->out().wait_until([](std::string_view text) {
    return text.find("task.started") != std::string_view::npos &&
           text.find("a line of the log") != std::string_view::npos;
  })) << curl->out().text();
  EXPECT_EQ(curl->out().text().find("tool_use"), std::string::npos);
  gate.open();
  const std::string text = curl->out().whole();
  EXPECT_EQ(curl->wait(), 0);
  const auto head_end = text.find("\r\n\r\n");
  const Answer head = parse_answer(text.substr(0, head_end + 4));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(head.header("Cache-Control"), "no-store");
  EXPECT_EQ(head.header("X-Accel-Buffering"), "no");
  const auto frames = frames_of(std::string_view(text).substr(head_end + 4));
  auto types = types_of(frames);
  std::sort(types.begin() + 1, types.begin() + 3);  // two pipes have no order between them
  EXPECT_THAT(types,
              ElementsAre("run.started", "log", "task.started", "tool_use", "log", "log", "run.completed", "complete"));
  for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(frames[i].id, std::to_string(i + 1));
  EXPECT_EQ(frames[3].data["data"], Json::parse(R"({"name":"search","n":12345678901234567890})"));
  EXPECT_THAT(frames[4].data["data"]["message"].get<std::string>(), HasSubstr("an event was dropped"));
  EXPECT_EQ(frames[6].data["data"], Json::parse(R"({"status":"succeeded"})"));
  EXPECT_EQ(frames[7].data["data"], Json::parse(R"({"status":"succeeded"})"));
}

TEST_F(Events, AnEndedRunIsOneCompleteUnlessMoreIsAskedFor) {
  start();
  const std::string run = trigger(shell("echo one >&2; echo two >&2; exit 3"));
  daemon_->wait_for_run(run);
  EXPECT_THAT(types_of(all_frames(run)), ElementsAre("complete"));
  const auto all = all_frames(run, {"-H", "Last-Event-ID: 0"});
  ASSERT_THAT(types_of(all), ElementsAre("run.started", "log", "log", "run.failed", "complete"));
  EXPECT_EQ(all[1].data["data"]["level"], "info");
  EXPECT_EQ(all[1].data["data"]["message"], "one");
  EXPECT_EQ(all[3].data["data"], Json::parse(R"({"error":"exited with status 3: two"})"));
  EXPECT_EQ(all[4].data["data"], Json::parse(R"({"status":"failed"})"));
  EXPECT_THAT(types_of(all_frames(run, {"-H", "Last-Event-ID: 3"})), ElementsAre("run.failed", "complete"));
  EXPECT_THAT(types_of(all_frames(run, {"-H", "Last-Event-ID: 5"})), ElementsAre("complete"));
  // For clients that cannot set headers; the header, which EventSource sends when it comes back, goes before it.
  EXPECT_THAT(types_of(frames_of(watch("/v1/runs/" + run + "/events?last_event_id=3")->out().whole())),
              ElementsAre("run.failed", "complete"));
  EXPECT_THAT(types_of(frames_of(
                  watch("/v1/runs/" + run + "/events?last_event_id=0", {"-H", "Last-Event-ID: 4"})->out().whole())),
              ElementsAre("complete"));
  const auto timed = frames_of(watch("/v1/runs/" + run + "/events?last_event_id=0&timestamps=true")->out().whole());
  ASSERT_EQ(timed.size(), 5u);
  EXPECT_EQ(timed[1].data["timestamp"], all[1].data["data"]["timestamp"]);
  EXPECT_FALSE(all[1].data.contains("timestamp"));
  // The log and the events number a line alike.
  EXPECT_EQ(daemon_->get("/v1/runs/" + run + "/logs").json()["logs"][0]["id"], 2);
}

TEST_F(Events, AreRefusedAsOtherRoutesRefuse) {
  start();
  const std::string run = trigger(builtin_echo());
  const std::string path = "/v1/runs/" + run + "/events";
  EXPECT_EQ(curl({.url = daemon_->url() + path}).status, 401);
  EXPECT_EQ(daemon_->get("/v1/runs/run_00000000000000000000000000/events").status, 404);
  EXPECT_EQ(daemon_->get("/v1/runs/nonsense/events").status, 404);
  EXPECT_EQ(daemon_->api("POST", path).status, 405);
  EXPECT_EQ(daemon_->get(path + "?since=3").error_code(), "unknown_parameter");
  EXPECT_EQ(daemon_->get(path + "?last_event_id=three").error_code(), "invalid_last_event_id");
  EXPECT_EQ(daemon_->get(path + "?last_event_id=-1").error_code(), "invalid_last_event_id");
  EXPECT_EQ(daemon_->get(path + "?timestamps=perhaps").error_code(), "invalid_filter");
  EXPECT_EQ(daemon_->get("/v1/runs/" + run + "/logs?follow=perhaps").error_code(), "invalid_filter");
  const auto head = watch(path, {"-I"});
  const std::string text = head->out().whole();
  EXPECT_EQ(head->wait(), 0);
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(text, HasSubstr("text/event-stream"));
}

TEST_F(Events, WhoComesBackMissesNothingAndGetsNothingTwice) {
  start();
  const Gate gate(daemon_->folder() / "gate");
  const std::string wait = gate.wait_command();
  const std::string run = trigger(shell("echo one >&2; " + wait + "; echo two >&2; " + wait + "; echo three >&2"));
  auto curl = watch_run(run);
  ASSERT_TRUE(curl->out().wait_for("\"one\""));
  curl->signal(SIGKILL);
  const auto first = frames_of(curl->out().whole());
  gate.open();
  curl = watch_run(run, {"-H", "Last-Event-ID: " + first.back().id});
  ASSERT_TRUE(curl->out().wait_for("\"two\""));
  gate.open();
  const auto rest = frames_of(curl->out().whole());
  EXPECT_THAT(types_of(first), ElementsAre("run.started", "log"));
  EXPECT_THAT(types_of(rest), ElementsAre("log", "log", "run.completed", "complete"));
  EXPECT_EQ(rest[0].id, "3");
  EXPECT_EQ(rest[0].data["data"]["message"], "two");
}

TEST_F(Events, WhatWasSeenBeforeACrashIsThereAfterIt) {
  start();
  const std::string run = trigger(shell("echo one >&2; echo '{\"type\":\"step\"}' >&3; exec sleep 1000"));
  const auto curl = watch_run(run);
  ASSERT_TRUE(curl->out().wait_until([](std::string_view text) {
    return text.find("\"one\"") != std::string_view::npos && text.find("\"step\"") != std::string_view::npos;
  }));
  daemon_->kill();
  const auto seen = frames_of(curl->out().whole());
  EXPECT_NE(curl->wait(), 0) << "a stream that was cut off can be told from one that ended";
  daemon_->start();
  const auto all = all_frames(run, {"-H", "Last-Event-ID: 0"});
  ASSERT_EQ(all.size(), seen.size() + 2);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(all[i].id, seen[i].id);
    EXPECT_EQ(all[i].data, seen[i].data);
  }
  const auto rest = all_frames(run, {"-H", "Last-Event-ID: " + seen.back().id});
  ASSERT_THAT(types_of(rest), ElementsAre("run.failed", "complete"));
  EXPECT_EQ(rest[0].data["data"]["error"], "interrupted by a server restart");
}

TEST_F(Events, TheLogCanBeFollowed) {
  start();
  const Gate gate(daemon_->folder() / "gate");
  const std::string run = trigger(shell("echo one >&2; " + gate.wait_command() + "; echo two >&2; printf three >&2"));
  const auto curl = watch("/v1/runs/" + run + "/logs?follow=true", {"-i"});
  ASSERT_TRUE(curl->out().wait_for("one\n"));
  gate.open();
  const Answer answer = parse_answer(curl->out().whole());
  EXPECT_EQ(curl->wait(), 0);
  EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.body, "one\ntwo\nthree\n");
  EXPECT_EQ(watch("/v1/runs/" + run + "/logs?follow=true")->out().whole(), "one\ntwo\nthree\n");
  EXPECT_EQ(watch("/v1/runs/" + run + "/logs?follow=true&cursor=2")->out().whole(), "two\nthree\n");
}

TEST_F(Events, AWatcherWhoNeverReadsHoldsUpNobody) {
  start({.config = {{"executor", {{"log_bytes", 64 * 1048576}}}}});
  const Gate gate(daemon_->folder() / "gate");
  const std::string run =
      trigger(shell(gate.wait_command() + "; head -c 30000000 /dev/zero | tr '\\0' 'x' | fold -w 1000 >&2"));
  const RawConnection deaf(*daemon_);
  deaf.send("GET /v1/runs/" + run + "/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + daemon_->key() +
            "\r\n\r\n");
  const auto curl = watch_run(run);
  ASSERT_TRUE(curl->out().wait_for("run.started"));
  gate.open();
  EXPECT_EQ(daemon_->wait_for_run(run)["status"], "succeeded");
  const auto frames = frames_of(curl->out().whole());
  EXPECT_EQ(curl->wait(), 0);
  EXPECT_EQ(frames.back().type(), "complete");
#if !__has_feature(address_sanitizer)  // which keeps what was freed
  std::ifstream status("/proc/" + std::to_string(daemon_->program().pid()) + "/status");
  std::string line;
  while (std::getline(status, line) && !line.starts_with("VmHWM:")) {
  }
  EXPECT_LT(std::atoi(line.substr(6).c_str()), 200'000) << "kB of memory at most";
#endif
}

TEST_F(Events, ThousandsWatchOneRun) {
  constexpr std::size_t watchers = 2000;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);  // the daemon inherits it
  if (files.rlim_max < watchers + 500) GTEST_SKIP() << "the system allows too few descriptors";
  start();
  const Gate gate(daemon_->folder() / "gate");
  const std::string run =
      trigger(shell(gate.wait_command() + "; for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i >&2; done"));
  std::vector<std::unique_ptr<RawConnection>> many;
  while (many.size() < watchers) {
    many.push_back(std::make_unique<RawConnection>(*daemon_));
    many.back()->send("GET /v1/runs/" + run + "/events HTTP/1.0\r\nAuthorization: Bearer " + daemon_->key() +
                      "\r\n\r\n");
  }
  for (const auto& watcher : many) ASSERT_TRUE(watcher->wait_for("run.started"));
  gate.open();
  std::size_t complete = 0;
  for (const auto& watcher : many) {
    const std::string text = watcher->rest();
    const auto frames = frames_of(std::string_view(text).substr(text.find("\r\n\r\n") + 4));
    complete += frames.size() == 13 && frames.back().type() == "complete" ? 1 : 0;
  }
  EXPECT_EQ(complete, watchers);
}

TEST_F(Events, StreamsOfRunsThatAreDrainedEndAsTheRunsDo) {
  start();
  const Gate gate(daemon_->folder() / "gate");
  const std::string run = trigger(shell(gate.wait_command()));
  const auto curl = watch_run(run);
  ASSERT_TRUE(curl->out().wait_for("run.started"));
  daemon_->program().signal(SIGTERM);
  ASSERT_TRUE(daemon_->log().wait_for("draining"));
  gate.open();
  EXPECT_THAT(types_of(frames_of(curl->out().whole())), ElementsAre("run.started", "run.completed", "complete"));
  EXPECT_EQ(curl->wait(), 0);
  EXPECT_EQ(daemon_->program().wait(), 0);
}

TEST_F(Events, TheWholeServerCanBeListenedTo) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(shell("exit 0"));
  const Crew other = daemon_->make_crew(builtin_echo());
  const Json webhook = daemon_->subscribe(crew, receiver.url());
  const auto all = watch("/v1/events");
  const auto ends = watch("/v1/events?types=run.succeeded,delivery.succeeded&deployment_id=" + crew.deployment_id);
  ASSERT_TRUE(daemon_->eventually(
      [this] { return curl({.url = daemon_->url() + "/metrics"}).body.contains("crewship_event_watchers 2"); }));
  daemon_->run_once(other);
  const std::string run = daemon_->run_once(crew);
  ASSERT_TRUE(ends->out().wait_for("delivery.succeeded"));
  const auto told = frames_of(ends->out().text());
  ASSERT_THAT(types_of(told), ElementsAre("run.succeeded", "delivery.succeeded"));
  EXPECT_EQ(told[0].data["data"]["run_id"], run);
  EXPECT_EQ(told[1].data["data"]["run_id"], run);
  EXPECT_EQ(told[1].data["data"]["outgoing_webhook_id"], webhook["id"]);
  EXPECT_EQ(told[1].data["data"]["attempt"]["response_status"], 200);
  ASSERT_TRUE(all->out().wait_for("delivery.succeeded"));
  EXPECT_THAT(types_of(frames_of(all->out().text())),
              ElementsAre("run.started", "run.succeeded", "run.pending", "run.started", "run.succeeded",
                          "delivery.pending", "delivery.attempt", "delivery.succeeded"));

  // Who comes back goes on; a webhook that goes takes what waits with it.
  const auto back = watch("/v1/events", {"-H", "Last-Event-ID: " + told[1].id});
  ASSERT_TRUE(daemon_->eventually(
      [this] { return curl({.url = daemon_->url() + "/metrics"}).body.contains("crewship_event_watchers 3"); }));
  const std::string delivery = told[1].data["data"]["delivery_id"];
  EXPECT_EQ(daemon_->post("/v1/deliveries/" + delivery + "/redeliver").status, 202);
  ASSERT_TRUE(back->out().wait_for("delivery.succeeded"));
  EXPECT_EQ(daemon_->api("DELETE", "/v1/outgoing-webhooks/" + webhook["id"].get<std::string>()).status, 204);
  ASSERT_TRUE(back->out().wait_for("reset"));

  daemon_->program().signal(SIGTERM);
  const auto rest = frames_of(back->out().whole());
  EXPECT_EQ(back->wait(), 0) << "a stop ends streams in good order";
  EXPECT_THAT(types_of(rest), ElementsAre("delivery.pending", "delivery.attempt", "delivery.succeeded", "reset"));
  EXPECT_EQ(daemon_->program().wait(), 0);
  daemon_->start();
  const auto later = watch("/v1/events", {"-H", "Last-Event-ID: " + told[1].id});
  EXPECT_TRUE(later->out().wait_for("reset"));
  EXPECT_EQ(daemon_->get("/v1/events?types=run.exploded").error_code(), "invalid_filter");
  EXPECT_EQ(daemon_->get("/v1/events?environment=moon").error_code(), "invalid_filter");
  EXPECT_EQ(daemon_->get("/v1/events?deployment_id=run_1").error_code(), "invalid_filter");
}

}  // namespace
}  // namespace crewship::testing_support
