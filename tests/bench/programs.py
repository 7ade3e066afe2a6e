"""The programs that take part in a measurement: crewshipd itself, the references, a receiver, and what makes load."""
import contextlib
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
DAEMON = BUILD  # the folder with the crewshipd that is measured
WORK = ROOT / "build/bench/work"  # on the disk that holds the repository, as a real database would be
API_KEY = "bench-key-that-guards-nothing-at-all"
TICK = os.sysconf("SC_CLK_TCK")


def tool(name):
    return str(BUILD / "bench" / f"bench_{name}")


def fresh_folder(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _many_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def cpu_seconds(pid):
    """User and system time of a process, without its children's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A child process that prints its port first."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
                                        preexec_fn=_many_descriptors)
        self.first_line = self.process.stdout.readline().strip()
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()

    @property
    def port(self):
        return int(self.first_line)


class Receiver(Program):
    def __init__(self, folder):
        self.log = folder / "arrivals"
        super().__init__(tool("receiver"), "--log", str(self.log))

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def stats(self):
        return json.loads(ask(self.port, "GET", "/stats"))

    def reset(self):
        ask(self.port, "POST", "/reset")

    def wait_for(self, count, seconds=60):
        """Until so many deliveries have come; the stats at that moment or at the end of the time."""
        end = time.monotonic() + seconds
        while (stats := self.stats())["count"] < count and time.monotonic() < end:
            time.sleep(0.02)
        return stats

    def arrivals(self):
        """(nanoseconds, tag, delivery, run) of each."""
        ask(self.port, "POST", "/dump")
        lines = (line.split(" ") for line in self.log.read_text().splitlines())
        return [(int(at), tag, delivery, run) for at, tag, delivery, run in lines]


def ask(port, method, path, body=None, key=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if body is not None:
        body = json.dumps(body)
        headers["Content-Type"] = "application/json"
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path}: {response.status} {text}")
    return text


def _settings(settings, folder):
    merged = {"data_dir": str(folder / "data"), "delivery": {"allow": ["127.0.0.0/8"]}}
    for section, values in settings.items():
        merged[section] = {**merged.get(section, {}), **values}
    return merged


def _memory_kib(pid, kinds):
    rows = re.findall(rf"^(?:{kinds}):\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return sum(map(int, rows))


class Daemon:
    """crewshipd with its own folder; started on entry, ended with SIGTERM. Default settings but for those given."""

    def __init__(self, folder, settings=None, before=()):
        self.folder, self.before = folder, list(before)
        self.log = folder / "log"
        self.config = folder / "config.json"
        self.config.write_text(json.dumps(_settings(settings or {}, folder)))
        self.process = None
        self.port = free_port()

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.started_ns = time.monotonic_ns()
            self.process = subprocess.Popen(
                [*self.before, str(DAEMON / "crewshipd"), "serve", "--config", str(self.config), "--listen",
                 f"127.0.0.1:{self.port}"],
                stderr=log, env={**os.environ, "CREWSHIP_API_KEY": API_KEY}, preexec_fn=_many_descriptors)
        self.pid = self.process.pid
        self._wait_until_ready()
        return self

    def _wait_until_ready(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                ask(self.port, "GET", "/readyz")
                return
            time.sleep(0.002)
        self.kill()
        raise RuntimeError(f"crewshipd did not start: {self.log.read_text()}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        if process.wait(timeout=120) != 0:
            raise RuntimeError(f"crewshipd ended with {process.returncode}: {self.log}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    @property
    def database(self):
        return self.folder / "data/crewship.db"

    def api(self, method, path, body=None):
        text = ask(self.port, method, path, body, API_KEY)
        return json.loads(text) if text else None

    def deploy(self, runner, targets=()):
        """A deployment with a live version, an incoming webhook and an outgoing one for each (name, url)."""
        deployment = self.api("POST", "/v1/deployments", {"name": "bench"})["id"]
        self.api("POST", f"/v1/deployments/{deployment}/versions", {"runner": runner, "environment": "production"})
        incoming = self.api("POST", f"/v1/deployments/{deployment}/incoming-webhooks", {"name": "bench"})
        for name, url in targets:
            self.api("POST", f"/v1/deployments/{deployment}/outgoing-webhooks",
                     {"name": name, "url": url, "events": ["run.succeeded", "run.failed"]})
        return f"/webhooks/runs/{incoming['token']}"

    def wait_until_idle(self, seconds=60):
        """Until no run is under way and no delivery waits."""
        end = time.monotonic() + seconds
        busy = r"^crewship_(runs_running|deliveries_waiting|deliveries_in_flight) [1-9]"
        while re.search(busy, ask(self.port, "GET", "/metrics"), re.MULTILINE):
            if time.monotonic() > end:
                raise RuntimeError("crewshipd does not become idle")
            time.sleep(0.05)

    def processes(self):
        """The daemon and its guard."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def memory_kib(self):
        """What the daemon has in memory, and what its guard has of its own: it is a fork and shares the rest."""
        daemon, *guards = self.processes()
        return _memory_kib(daemon, "Rss") + sum(_memory_kib(pid, "Private_Clean|Private_Dirty") for pid in guards)

    def wake_ups(self):
        """How often its threads have gone to sleep so far."""
        total = 0
        for pid in self.processes():
            for status in Path(f"/proc/{pid}/task").glob("*/status"):
                total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M)[1])
        return total


ECHO = {"type": "builtin", "handler": "echo"}
TRUE = {"type": "command", "command": ["/bin/true"]}


@contextlib.contextmanager
def adnanh_webhook(folder):
    """Debian's `webhook`, answering when /bin/true has ended. Yields (pid, port)."""
    hooks = [{"id": "true", "execute-command": "/bin/true", "include-command-output-in-response": True}]
    (folder / "hooks.json").write_text(json.dumps(hooks))
    port = free_port()
    process = subprocess.Popen(["webhook", "-hooks", str(folder / "hooks.json"), "-ip", "127.0.0.1", "-port", str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with contextlib.suppress(ConnectionError):
                ask(port, "POST", "/hooks/true", {})
                break
            time.sleep(0.01)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def payload(size=200):
    """A file with a JSON object of so many bytes, and its path."""
    file = WORK / f"body-{size}.json"
    text = '{"topic":"AI agents","year":"2025","text":"' if size >= 60 else '{"a":"'
    file.write_text(text + "x" * (size - len(text) - 2) + '"}' if size > 8 else "{}")
    return file


def wrk(port, path, seconds, connections=64, size=200):
    """Closed load from wrk: {"rate", "requests", "refused", "p50_ms", "p99_ms"}."""
    script = WORK / "post.lua"
    script.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                      f'wrk.body = [[{payload(size).read_text()}]]\n'
                      'done = function(summary, latency)\n'
                      '  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,\n'
                      '    summary.errors.status, latency:percentile(50), latency:percentile(99),\n'
                      '    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))\n'
                      'end\n')
    output = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script),
                             f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    requests, micros, refused, p50, p99, broken = map(int, re.search(r"RESULT ([\d ]+)", output)[1].split())
    return {"requests": requests, "seconds": micros / 1e6, "rate": requests / micros * 1e6, "refused": refused,
            "broken": broken, "p50_ms": p50 / 1000, "p99_ms": p99 / 1000}


def load(port, *arguments):
    """Load from our own generator: its summary."""
    return json.loads(start_load(port, *arguments).communicate()[0])


def start_load(port, *arguments):
    return subprocess.Popen([tool("load"), "--port", str(port), *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                            preexec_fn=_many_descriptors)


def fill(daemon, **wanted):
    """Fills the database of a daemon that has been stopped."""
    arguments = [part for name, value in wanted.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    subprocess.run([tool("fill_database"), "--database", str(daemon.database), *arguments], check=True)


def disk_sync():
    return json.loads(subprocess.run([tool("disk_sync"), "--file", str(WORK / "sync")], capture_output=True, text=True,
                                     check=True).stdout)


def bare_spawner(seconds):
    return json.loads(subprocess.run([tool("bare_spawner"), "--seconds", str(seconds)], capture_output=True, text=True,
                                     check=True).stdout)
