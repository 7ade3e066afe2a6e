"""Shows that each check can fail, and that it does not cry wolf."""
import re
import tempfile
import unittest
from pathlib import Path

import check_calls
import check_coroutines
import check_includes
import check_messages
import check_metrics
import check_readme

REPOSITORY = Path(__file__).resolve().parents[2]


def findings(check, files):
    """What a check says about a tree with these files, as (path, line)."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return [(str(path.relative_to(root)), line) for path, line, _ in check(root)]


class Metrics(unittest.TestCase):
    def verdict(self, dashboard="", alerts="", page="crewship_a_total crewship_b_seconds"):
        return findings(check_metrics.check, {
            "src/app/metrics.cpp": 'f("crewship_a_total");\nf("crewship_b_seconds");\n',
            "config/grafana/dashboard.json": dashboard,
            "config/prometheus/alerts.yml": alerts,
            "docs/operations.md": page})

    def test_refused(self):
        self.assertEqual(self.verdict(dashboard="rate(crewship_c_total[5m])"), [("config/grafana/dashboard.json", 1)])
        self.assertEqual(self.verdict(alerts="\ncrewship_a > 1"), [("config/prometheus/alerts.yml", 2)])
        self.assertEqual(self.verdict(page="crewship_a_total"), [("src/app/metrics.cpp", 2)])

    def test_allowed(self):
        self.assertEqual(self.verdict("crewship_b_seconds_bucket + crewship_a_total", "crewship_b_seconds_sum"), [])

    def test_of_the_repository(self):
        self.assertEqual(list(check_metrics.check(REPOSITORY)), [])


class Messages(unittest.TestCase):
    def verdict(self, code, page="`a` and `b`, or `c`"):
        return findings(check_messages.check, {"src/x/x.cpp": code, "docs/operations.md": page})

    def test_refused(self):
        for code in ['log_warning("d", {});', 'log_error(\n    "d");', 'write_log(LogLevel::warning, gone ? "a" : "d", {});']:
            self.assertEqual(self.verdict(code), [("src/x/x.cpp", 1)])

    def test_allowed(self):
        for code in ['log_warning("a", {});', 'log_error("c");', 'log_info("d", {});',
                     'write_log(LogLevel::error, gone ? "a" : "b", {});']:
            self.assertEqual(self.verdict(code), [])

    def test_of_the_repository(self):
        self.assertEqual(list(check_messages.check(REPOSITORY)), [])


class Includes(unittest.TestCase):
    def verdict(self, name, include):
        return findings(check_includes.check, {name: f"// comment\n#include {include}\n"})

    def test_refused(self):
        for name, include in [
            ("src/domain/run.cpp", "<crewship/store/store.hpp>"),
            ("src/domain/run.cpp", "<boost/asio/post.hpp>"),
            ("src/domain/run.cpp", "<unistd.h>"),
            ("src/store/store.cpp", "<crewship/http/server.hpp>"),
            ("src/store/store.cpp", "<nlohmann/json.hpp>"),
            ("src/store/store.cpp", "<sys/socket.h>"),
            ("src/http/server.cpp", "<crewship/domain/run.hpp>"),
            ("src/http/server.cpp", "<nlohmann/json.hpp>"),
            ("src/delivery/sender.cpp", "<boost/beast/http.hpp>"),
            ("src/delivery/sender.cpp", "<SQLiteCpp/Database.h>"),
            ("src/delivery/sender.cpp", "<sqlite3.h>"),
            ("src/runs/runs.cpp", "<crewship/delivery/dispatcher.hpp>"),
            ("src/runs/runs.cpp", "<ares.h>"),
            ("src/ingress/ingress.cpp", "<crewship/api/api.hpp>"),
            ("src/api/api.cpp", '"../runs/launcher.hpp"'),
            ("src/console/console.cpp", "<crewship/api/api.hpp>"),
            ("src/app/app.cpp", "<SQLiteCpp/Database.h>"),
            ("src/main.cpp", "<boost/beast.hpp>"),
            ("src/main.cpp", "<unheard/of.hpp>"),
            ("src/attic/attic.cpp", "<string>"),
            ("include/crewship/api/api.hpp", "<nlohmann/json.hpp>"),
            ("include/crewship/api/api.hpp", '"api.hpp"'),
            ("include/crewship/base/log.hpp", "<crewship/domain/run.hpp>"),
        ]:
            with self.subTest(name=name, include=include):
                self.assertEqual(self.verdict(name, include), [(name, 2)])

    def test_allowed(self):
        for name, include in [
            ("src/base/clock.cpp", "<sys/random.h>"),
            ("src/domain/run.cpp", "<vector>"),
            ("src/domain/run.cpp", "<crewship/base/error.hpp>"),
            ("src/store/lock.cpp", "<sys/file.h>"),
            ("src/store/store.cpp", "<SQLiteCpp/Database.h>"),
            ("src/http/resolver.cpp", "<ares.h>"),
            ("src/http/server.cpp", "<boost/asio/ssl/stream.hpp>"),
            ("src/runs/runs.cpp", "<crewship/delivery/wake_up.hpp>"),
            ("src/runs/spawner.cpp", "<sys/wait.h>"),
            ("src/api/api.cpp", "<nlohmann/json.hpp>"),
            ("src/api/api.cpp", '"routes.hpp"'),
            ("src/app/config.cpp", "<crewship/console/console.hpp>"),
            ("src/main.cpp", "<crewship/app/app.hpp>"),
        ]:
            with self.subTest(name=name, include=include):
                self.assertEqual(self.verdict(name, include), [])

    def test_cmake_links_what_the_table_allows(self):
        text = (REPOSITORY / "CMakeLists.txt").read_text()
        linked = {room: (uses or "").split()
                  for room, uses in re.findall(r"^crewship_room\((\w+)(?:\s+USES\s+([\w ]+?))?(?:\s+NEEDS[^)]*)?\)", text, re.M)}
        self.assertEqual(linked, check_includes.ROOMS)


class Coroutines(unittest.TestCase):
    def verdict(self, text):
        return [line for _, line in findings(check_coroutines.check, {"src/runs/runs.cpp": text})]

    def test_refused(self):
        for text in [
            "auto f = [] { co_return; };",
            "auto f = [&]() -> Task<void> { co_await g(); };",
            "auto f = [this, x = y[0]](int a) mutable noexcept -> Task<std::pair<int, A>> { if (a) { co_return {}; } };",
            "auto f = []<class T>(T t) -> Task<> { co_await t; };",
            "spawn(executor, [] -> Task<> { co_yield 1; });",
            "return [=] { co_return; };",
            "run({[] { co_return; }});",
        ]:
            with self.subTest(text=text):
                self.assertEqual(self.verdict(f"\n{text}\n"), [2])

    def test_only_the_innermost_lambda_is_the_coroutine(self):
        self.assertEqual(self.verdict("auto f = [] {\n  return [] {\n    co_return;\n  };\n};\n"), [2])

    def test_allowed(self):
        for text in [
            "Task<> f() { co_await store.write([&](Tx& tx) { tx.put(1); }); }",
            "Task<> f() { std::ranges::sort(v, [](int a, int b) { return a < b; }); co_return; }",
            "Task<> f() { if (a[0]) { co_return; } }",
            "[[nodiscard]] Task<> f() { co_return; }",
            "int a[] = {1}; Task<> f() { co_return; }",
            "// [] { co_return; }\nconst char* s = \"[] { co_return; }\"; auto r = R\"([] { co_return; })\";",
        ]:
            with self.subTest(text=text):
                self.assertEqual(self.verdict(text), [])


class Calls(unittest.TestCase):
    def verdict(self, name, text):
        return [line for _, line in findings(check_calls.check, {name: f"\n{text}\n"})]

    def test_time_and_chance_outside_base(self):
        for text in ["auto t = std::chrono::steady_clock::now();", "std::random_device d;", "int x = rand();",
                     "getrandom(p, n, 0);", "RAND_bytes(p, n);", "auto t = time(nullptr);", "clock_gettime(c, &t);"]:
            with self.subTest(text=text):
                self.assertEqual(self.verdict("src/runs/runs.cpp", text), [2])
                self.assertEqual(self.verdict("src/base/clock.cpp", text), [])

    def test_blocking_calls(self):
        for text in ["std::this_thread::sleep_for(1s);", "usleep(1);", "sleep(1);", "::getaddrinfo(a, b, c, d);",
                     "system(\"ls\");", "std::system(\"ls\");", "FILE* f = popen(c, \"r\");"]:
            with self.subTest(text=text):
                self.assertEqual(self.verdict("src/base/clock.cpp", text), [2])

    def test_allowed(self):
        for text in ["auto t = clock.now();", "boost::system::error_code e;", "// sleep(1)", "int operand(int);",
                     "operating.system(1);", "App a{.random = random(seed)};", "auto t = start_time(0);", "auto s = \"time(0)\";"]:
            with self.subTest(text=text):
                self.assertEqual(self.verdict("src/runs/runs.cpp", text), [])


class Readme(unittest.TestCase):
    def setUp(self):
        self.readme = (check_readme.ROOT / "README.md").read_text(encoding="utf-8")

    def verdict(self, readme):
        return check_readme.problems(readme, check_readme.ROOT)

    def test_it_passes_as_it_is(self):
        self.assertEqual(self.verdict(self.readme), [])

    def test_a_changed_quotation(self):
        self.assertEqual(len(self.verdict(self.readme.replace("hmac.compare_digest", "operator.eq"))), 1)

    def test_a_missing_quotation(self):
        self.assertEqual(len(self.verdict(self.readme.replace("```python\n", "```\n"))), 1)

    def test_a_dead_link(self):
        self.assertEqual(len(self.verdict(self.readme + "[x](docs/nowhere.md)")), 1)


if __name__ == "__main__":
    unittest.main()
