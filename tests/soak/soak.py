#!/usr/bin/env python3
"""A soak: mixed load against the real daemon with retention on, for an hour or as long as told, at an even pace.

Memory, descriptors, child processes and the database must level off: the median of the last quarter may not lie above
that of the second one (the first is warming up) by more than the allowance. Afterwards nothing accepted may be lost:
every run has ended, every delivery too, and the database is sound. The series is printed as it goes; --csv keeps it.
"""
import argparse
import collections
import http.client
import http.server
import json
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ALLOWANCE = {  # factor, and what may come on top
    "rss_kib": (1.10, 3000),
    "fds": (1.0, 12),
    "threads": (1.0, 0),
    "children": (1.0, 8),
    "db_kib": (1.10, 2000),
    "wal_kib": (1.25, 8000),
}


def duration(text):
    units = {"s": 1, "m": 60, "h": 3600}
    if text[-1:] not in units or not text[:-1].isdigit():
        raise argparse.ArgumentTypeError("must be a duration such as 90s, 5m or 1h")
    return int(text[:-1]) * units[text[-1]]


class Receiver(http.server.ThreadingHTTPServer):
    """Answers by path: /good, /bad (500), /slow (half a second), /gone (410)."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        self.seen = collections.Counter()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        kind = self.path.strip("/")
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen[kind] += 1
        if kind == "slow":
            time.sleep(0.5)
        self.send_response({"bad": 500, "gone": 410}.get(kind, 204))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Client:
    """One kept connection to the daemon."""

    def __init__(self, port, key):
        self.port, self.key, self.connection = port, key, None

    def call(self, method, path, body=None, headers=None):
        data = None if body is None else json.dumps(body)
        sent = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        for last in (False, True):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.connection.request(method, path, data, sent)
                answer = self.connection.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if text[:1] in b"{[" and text else text
            except (OSError, http.client.HTTPException):
                self.connection = None  # an idle one was closed meanwhile; a new one must work
                if last:
                    raise

    def made(self, path, body):
        status, answer = self.call("POST", path, body)
        assert status == 201, (path, status, answer)
        return answer


class Daemon:
    def __init__(self, binary, folder, retention):
        self.folder = folder
        config = {
            "listen": "127.0.0.1:0",
            "data_dir": os.path.join(folder, "data"),
            "log": {"level": "warning"},
            "executor": {"max_concurrent_runs": 32, "kill_grace": "200ms"},
            "delivery": {"retry_schedule": ["1s", "3s", "5s"], "allow": ["127.0.0.1/32"], "timeout": "5s"},
        }
        if retention:
            config["retention"] = {"runs": "1m", "deliveries": "1m", "interval": "5s"}
        self.config_file = os.path.join(folder, "config.json")
        with open(self.config_file, "w") as file:
            json.dump(config, file)
        self.log = open(os.path.join(folder, "log"), "w+")
        self.process = subprocess.Popen([binary, "serve", "--config", self.config_file], stderr=self.log)
        self.pid = self.process.pid
        self.port = self.find_port()
        with open(os.path.join(config["data_dir"], "admin.key")) as file:
            self.key = file.read().strip()
        self.database = os.path.join(config["data_dir"], "crewship.db")

    def find_port(self):
        """The listening socket of the process, as /proc tells: the log is silent at this level."""
        for _ in range(600):
            if self.process.poll() is not None:
                self.log.seek(0)
                sys.exit("the daemon does not start:\n" + self.log.read())
            inodes = set()
            for fd in os.listdir(f"/proc/{self.pid}/fd"):
                try:
                    inodes.add(os.readlink(f"/proc/{self.pid}/fd/{fd}"))
                except OSError:
                    pass
            with open(f"/proc/{self.pid}/net/tcp") as table:
                for line in table.readlines()[1:]:
                    words = line.split()
                    if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
                        port = int(words[1].split(":")[1], 16)
                        if self.is_ready(port):
                            return port
            time.sleep(0.1)
        sys.exit("the daemon does not listen")

    @staticmethod
    def is_ready(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def measure(self):
        with open(f"/proc/{self.pid}/status") as file:
            status = dict(line.split(":", 1) for line in file if ":" in line)
        children = 0
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{thread}/children") as file:
                    children += len(file.read().split())
            except OSError:
                pass
        size = lambda name: os.path.getsize(name) // 1024 if os.path.exists(name) else 0
        return {
            "rss_kib": int(status["VmRSS"].split()[0]),
            "fds": len(os.listdir(f"/proc/{self.pid}/fd")),
            "threads": int(status["Threads"]),
            "children": children,
            "db_kib": size(self.database),
            "wal_kib": size(self.database + "-wal"),
        }


def command(script):
    return {"type": "command", "command": ["sh", "-c", script]}


class Load:
    """Threads that each do one kind of thing at an even pace until told to stop."""

    def __init__(self, daemon, receiver):
        self.daemon, self.receiver = daemon, receiver
        self.stopping = threading.Event()
        self.threads, self.counts, self.errors = [], collections.Counter(), []
        self.lock = threading.Lock()
        self.recent = collections.deque(maxlen=500)
        api = Client(daemon.port, daemon.key)
        self.crews = {
            "builtin": self.crew(api, {"type": "builtin", "handler": "echo"}, ["good", "good"]),
            "command": self.crew(api, command("cat"), ["good"]),
            "failing": self.crew(api, command("echo first >&2; echo it broke >&2; exit 3"), ["good", "bad"]),
            "chatty": self.crew(api, command("seq 1 500 >&2; seq 1 5000"), ["slow"]),
            "large": self.crew(api, {"type": "builtin", "handler": "echo"}, ["good"]),
            "fleeing": self.crew(api, command("setsid -f sleep 1000; setsid -f env -i sleep 1000; echo ok"), ["good"]),
            "unable": self.crew(api, {"type": "command", "command": ["/no/such/program"]}, ["gone"]),
            "long": self.crew(api, command("exec sleep 1000"), []),
        }

    def crew(self, api, runner, receivers):
        deployment = api.made("/v1/deployments", {"name": "soak"})["id"]
        limits = {"limits": {"processes": 100, "memory_bytes": 1 << 30}} if runner["type"] == "command" else {}
        api.made(f"/v1/deployments/{deployment}/versions", {"runner": runner, "environment": "production", **limits})
        for path in receivers:
            api.made(
                f"/v1/deployments/{deployment}/outgoing-webhooks",
                {"name": path, "url": self.receiver.url(path), "events": ["run.succeeded", "run.failed"]},
            )
        hook = api.made(f"/v1/deployments/{deployment}/incoming-webhooks", {"name": "soak"})
        return {"deployment": deployment, "path": "/webhooks/runs/" + hook["token"]}

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def trigger(self, client, crew, body, expected=202, headers=None):
        status, answer = client.call("POST", self.crews[crew]["path"], body, headers)
        self.count(f"{crew} {status}")
        if status == 202:
            self.recent.append((time.time(), answer["run_id"]))
        if status != expected and status not in (429, 503):
            self.errors.append((crew, status, answer))
        return answer

    def act(self, kind, client, n):
        if kind == "reads":
            for path in ("/v1/runs?limit=50", "/v1/deployments", "/metrics", "/readyz"):
                status, answer = client.call("GET", path)
                self.count(f"read {status}")
                if path.startswith("/v1/runs") and answer["runs"]:
                    run = random.choice(answer["runs"])["id"]
                    client.call("GET", f"/v1/runs/{run}")
                    client.call("GET", f"/v1/runs/{run}/logs?limit=100")
        elif kind == "refused":
            for path, body in (("/webhooks/runs/none", {}), (self.crews["builtin"]["path"], [1])):
                self.count(f"refused {client.call('POST', path, body)[0]}")
            client.connection.close()
            client.connection = None
            with socket.create_connection(("127.0.0.1", self.daemon.port)) as raw:
                raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\n\r\n")
                raw.recv(4096)
        elif kind == "cancelled":
            answer = self.trigger(client, "long", {})
            if "run_id" in answer:
                self.count(f"cancel {client.call('POST', '/v1/runs/' + answer['run_id'] + '/cancel')[0]}")
        elif kind == "repeated":
            key = {"Idempotency-Key": f"soak-{n}-{os.getpid()}"}
            first = self.trigger(client, "builtin", {"n": n}, headers=key)
            again = self.trigger(client, "builtin", {"n": n}, headers=key)
            if first.get("run_id") != again.get("run_id"):
                self.errors.append(("repeated", first, again))
        elif kind == "reloads":
            os.kill(self.daemon.pid, signal.SIGHUP)
            self.count("reload")
        elif kind == "large":
            self.trigger(client, "large", {"text": "x" * 200_000})
        else:
            expected = 503 if kind == "unable" else 202
            self.trigger(client, kind, {"n": n, "topic": "soak"}, expected)

    def worker(self, kind, per_second):
        client, due, n = Client(self.daemon.port, self.daemon.key), time.monotonic(), 0
        while not self.stopping.is_set():
            try:
                self.act(kind, client, n)
            except Exception as error:  # noqa: BLE001: what it is, is reported
                self.errors.append((kind, repr(error)))
                client.connection = None
            n += 1
            due += 1 / per_second
            self.stopping.wait(max(0, due - time.monotonic()))

    def start(self, pace):
        for kind, per_second in (
            ("builtin", 40), ("command", 8), ("failing", 4), ("chatty", 1), ("large", 2), ("fleeing", 1), ("unable", 2),
            ("cancelled", 1), ("repeated", 4), ("reads", 4), ("refused", 4), ("reloads", 0.2),
        ):  # fmt: skip
            thread = threading.Thread(target=self.worker, args=(kind, per_second * pace))
            thread.start()
            self.threads.append(thread)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def levels_off(series):
    """The columns that rose; prints the comparison."""
    quarter = len(series) // 4
    risen = []
    print(f"\n{'':12}{'2nd quarter':>14}{'last quarter':>14}{'allowed':>14}")
    for column, (factor, extra) in ALLOWANCE.items():
        early = statistics.median(row[column] for row in series[quarter : 2 * quarter])
        late = statistics.median(row[column] for row in series[-quarter:])
        allowed = early * factor + extra
        verdict = "" if late <= allowed else "  ROSE"
        print(f"{column:12}{early:14.0f}{late:14.0f}{allowed:14.0f}{verdict}")
        if late > allowed:
            risen.append(column)
    return risen


def wait_for_deliveries(daemon):
    """Until nothing waits; a receiver that fails is given up after three retries."""
    client = Client(daemon.port, daemon.key)
    for _ in range(120):
        text = client.call("GET", "/metrics")[1].decode()
        waiting = [line for line in text.splitlines() if line.startswith("crewship_deliveries_waiting ")]
        running = [line for line in text.splitlines() if line.startswith("crewship_runs_running ")]
        if float(waiting[0].split()[1]) == 0 and float(running[0].split()[1]) == 0:
            return True
        time.sleep(0.5)
    return False


def violations_in(database, recent, started):
    """What was accepted is there and has ended; what ended was delivered or given up; the file is sound."""
    found = []
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    ask = lambda sql, *values: connection.execute(sql, values).fetchall()
    if ask("PRAGMA integrity_check") != [("ok",)]:
        found.append("integrity_check")
    if ask("SELECT count(*) FROM runs WHERE completed_at IS NULL")[0][0]:
        found.append("a run has not ended")
    if ask("SELECT count(*) FROM deliveries WHERE status = 'pending'")[0][0]:
        found.append("a delivery has not ended")
    fresh = [run for at, run in recent if started - at < 30]
    for run in fresh:
        if not ask("SELECT 1 FROM runs WHERE id = ?", run):
            found.append(f"{run} was acknowledged and is lost")
    return found, len(fresh)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("duration", nargs="?", type=duration, default=duration("1h"))
    parser.add_argument("--binary", required=True)
    parser.add_argument("--pace", type=float, default=1.0, help="times the usual load (67 calls and more a second)")
    parser.add_argument("--csv", help="a file for the series")
    parser.add_argument("--no-retention", action="store_true", help="shows that the check can fail: the database grows")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="crewship-soak-") as folder:
        receiver = Receiver()
        daemon = Daemon(os.path.abspath(arguments.binary), folder, not arguments.no_retention)
        load = Load(daemon, receiver)
        samples = 60
        series = []
        print(f"{arguments.duration} s of load, {samples} samples\n")
        print(f"{'second':>8}" + "".join(f"{column:>10}" for column in ALLOWANCE) + f"{'calls':>10}{'received':>10}")
        began = time.monotonic()
        load.start(arguments.pace)
        try:
            for sample in range(1, samples + 1):
                time.sleep(max(0, began + arguments.duration * sample / samples - time.monotonic()))
                if daemon.process.poll() is not None:
                    break
                row = daemon.measure()
                series.append(row)
                print(f"{time.monotonic() - began:8.0f}" + "".join(f"{row[column]:10}" for column in ALLOWANCE) +
                      f"{sum(load.counts.values()):10}{sum(receiver.seen.values()):10}", flush=True)  # fmt: skip
        finally:
            load.stop()
        stopped = time.time()
        problems = []
        if daemon.process.poll() is not None:
            problems.append(f"the daemon ended with {daemon.process.returncode}")
        else:
            if not wait_for_deliveries(daemon):
                problems.append("runs or deliveries do not end")
            daemon.process.send_signal(signal.SIGTERM)
            if daemon.process.wait(timeout=120) != 0:
                problems.append(f"the daemon ended with {daemon.process.returncode}")
        if len(series) == samples:
            problems += [f"{column} does not level off" for column in levels_off(series)]
        lost, checked = violations_in(daemon.database, load.recent, stopped)
        problems += lost
        problems += [f"unexpected answer: {error}" for error in load.errors[:10]]
        print("\n" + ", ".join(f"{what}: {count}" for what, count in sorted(load.counts.items())))
        print("received: " + ", ".join(f"{what}: {count}" for what, count in sorted(receiver.seen.items())))
        print(f"{checked} runs of the last 30 s looked up")
        if arguments.csv:
            with open(arguments.csv, "w") as file:
                print("\n".join([",".join(ALLOWANCE)] + [",".join(str(row[c]) for c in ALLOWANCE) for row in series]), file=file)
        daemon.log.seek(0)
        unusual = [line for line in daemon.log if "ERROR" in line]
        problems += [f"logged: {line.strip()}" for line in unusual[:10]]
        for problem in problems:
            print("PROBLEM " + problem)
        print(f"{len(problems)} problems")
        sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
