"""P1 to P7: what goes through, how fast, and at what cost, each beside its reference in the same round."""
import contextlib
import json
import statistics

import programs
import proof
from programs import ECHO, TRUE, Daemon, Program, Receiver, cpu_seconds, disk_sync, fill, load, start_load, wrk

CONNECTIONS = 64
# A caller that has its 202 sends its next request while the end of its run is being written, so 64 callers keep up to
# 128 runs open; with the default of 64 places half of them would wait for one.
PLACES = {"executor": {"max_concurrent_runs": 256}}


def fixed_answer(note, seconds=4):
    """Reference B."""
    with Program(programs.tool("fixed_answer")) as server:
        before = cpu_seconds(server.pid)
        result = wrk(server.port, "/webhooks/runs/any", seconds, CONNECTIONS)
        note("B rate", result["rate"])
        note("B cpu_us", (cpu_seconds(server.pid) - before) / result["requests"] * 1e6)
        alone = load(server.port, "--path", "/any", "--body", programs.payload(), "--seconds", 1.5)
        note("B alone p50_us", alone["all"]["p50_us"])
    return result["rate"]


def triggering(note, b_rate, seconds=5, size=200, name="P1"):
    """P1: durable 202s on a builtin."""
    folder = programs.fresh_folder("trigger")
    daemon = Daemon(folder, PLACES)
    with daemon:
        path = daemon.deploy(ECHO)
        before = cpu_seconds(daemon.pid)
        result = wrk(daemon.port, path, seconds, CONNECTIONS, size)
        daemon.wait_until_idle()
        cpu = cpu_seconds(daemon.pid) - before
    proof.require(result["refused"] == 0 and result["broken"] == 0, f"{name}: {result}")
    total = proof.runs_recorded(daemon, result["requests"], CONNECTIONS)
    note(f"{name} rate", result["rate"])
    note(f"{name} of B", result["rate"] / b_rate)
    note(f"{name} cpu_us", cpu / total * 1e6)
    note(f"{name} p99_ms", result["p99_ms"])


def one_connection(note):
    """P2: the latency of one caller, beside the disk's and HTTP's own."""
    folder = programs.fresh_folder("alone")
    daemon = Daemon(folder)
    with daemon:
        path = daemon.deploy(ECHO)
        disk = disk_sync()
        result = load(daemon.port, "--path", path, "--body", programs.payload(), "--seconds", 3, "--log", folder / "load")
    note("F median_us", disk["median_us"])
    note("P2 p50_us", result["all"]["p50_us"])
    note("P2 p99_ms", result["all"]["p99_us"] / 1000)
    proof.each_run_recorded(daemon, acknowledged_runs(folder / "load"))


def acknowledged_runs(log):
    lines = (line.split() for line in log.read_text().splitlines())
    return [run for _, _, status, run in lines if status == "202"]


def beside_programs(note, b_rate, seconds=6):
    """P3 and P7: acknowledgements, and the loop's delay, while programs keep both cores busy."""
    folder = programs.fresh_folder("beside")
    daemon = Daemon(folder, PLACES)
    (folder / "health").write_text("/healthz\n")
    with daemon:
        busy_path, path = daemon.deploy(TRUE), daemon.deploy(ECHO)
        with contextlib.ExitStack() as stack:
            starts = start_load(daemon.port, "--path", busy_path, "--body", programs.payload(), "--connections", 16,
                                "--seconds", seconds + 2)
            health = start_load(daemon.port, "--paths", folder / "health", "--rate", 200, "--connections", 4,
                                "--seconds", seconds + 1)
            stack.callback(starts.wait)
            stack.callback(health.wait)
            result = wrk(daemon.port, path, seconds, CONNECTIONS)
            delay = json.loads(health.communicate()[0])
            started = json.loads(starts.communicate()[0])
    proof.require(result["refused"] == 0 and result["broken"] == 0, f"P3: {result}")
    acknowledged = result["requests"] + started["by_status"]["202"]["count"]
    proof.runs_recorded(daemon, acknowledged, CONNECTIONS)
    note("P3 of B", result["rate"] / b_rate)
    note("P3 rate", result["rate"])
    note("P3 p99_ms", result["p99_ms"])
    note("P3 programs a second", started["rate"])
    note("P7 p999_ms", delay["all"]["p999_us"] / 1000)


def bare_spawner(note, seconds=4):
    """Reference S."""
    result = programs.bare_spawner(seconds)
    note("S rate", result["rate"])
    note("S cpu_us", result["cpu_us"])
    return result["rate"]


def adnanh_webhook(note, seconds=4):
    """Reference W."""
    with programs.adnanh_webhook(programs.fresh_folder("webhook")) as (_, port):
        result = wrk(port, "/hooks/true", seconds, CONNECTIONS)
    note("W rate", result["rate"])
    note("W p99_ms", result["p99_ms"])
    return result["rate"]


def complete_runs(note, s_rate, w_rate, seconds=5):
    """P4: from the request to the recorded delivery, a real program in between."""
    folder = programs.fresh_folder("complete")
    daemon = Daemon(folder)
    with Receiver(folder) as receiver:
        with daemon:
            path = daemon.deploy(TRUE, [("ok", receiver.url("/ok/run"))])
            before = cpu_seconds(daemon.pid)
            result = wrk(daemon.port, path, seconds, CONNECTIONS)
            daemon.wait_until_idle()
            stats = receiver.stats()
            cpu = cpu_seconds(daemon.pid) - before
        total = proof.runs_recorded(daemon, result["requests"], CONNECTIONS)
        proof.require(proof.all_delivered(daemon, receiver.arrivals()) == total, "P4: a run without its delivery")
    rate = stats["count"] / (stats["last_ns"] - stats["first_ns"]) * 1e9
    note("P4 rate", rate)
    note("P4 of S", rate / s_rate)
    note("P4 of W", rate / w_rate)
    note("P4 cpu_us", cpu / total * 1e6)
    note("P4 p99_ms", result["p99_ms"])


def with_waiting_deliveries(name, count, urls, **wanted):
    """A daemon, stopped, whose database holds deliveries that wait for these targets."""
    daemon = Daemon(programs.fresh_folder(name))
    with daemon:
        daemon.deploy(ECHO, [(f"many-{i}", url) for i, url in enumerate(urls)])
    fill(daemon, waiting=count, webhooks="many-", **wanted)
    return daemon


def delivering(note, b_rate, count=60_000):
    """P5: a backlog of first attempts over 32 webhooks."""
    with Receiver(programs.WORK) as receiver:
        daemon = with_waiting_deliveries("deliver", count, [receiver.url("/ok/run")] * 32)
        with daemon:
            stats = receiver.wait_for(count)
            cpu = cpu_seconds(daemon.pid)
        proof.require(proof.all_delivered(daemon, receiver.arrivals()) == count, "P5: a delivery is missing")
    rate = count / (stats["last_ns"] - stats["first_ns"]) * 1e9
    note("P5 rate", rate)
    note("P5 of B", rate / b_rate)
    note("P5 cpu_us", cpu / count * 1e6)


def to_delivery(note, seconds=10, rate=500):
    """P6: from the 202 to the answered delivery, at a rate that the machine bears."""
    folder = programs.fresh_folder("latency")
    daemon = Daemon(folder)
    with Receiver(folder) as receiver:
        with daemon:
            path = daemon.deploy(TRUE, [("ok", receiver.url("/ok/run"))])
            result = load(daemon.port, "--path", path, "--body", programs.payload(), "--rate", rate, "--connections", 64,
                          "--seconds", seconds, "--log", folder / "load")
            daemon.wait_until_idle()
        arrivals = receiver.arrivals()
    proof.require(set(result["by_status"]) == {"202"}, f"P6: {result}")
    proof.runs_recorded(daemon, result["begun"], 0)
    proof.all_delivered(daemon, arrivals)
    waits = sorted(latencies(folder / "load", arrivals))
    note("P6 p50_ms", statistics.median(waits))
    note("P6 p99_ms", waits[int(0.99 * (len(waits) - 1))])
    note("P6 202 p99_ms", result["all"]["p99_us"] / 1000)


def latencies(log, arrivals):
    """Milliseconds from each acknowledgement to the answered delivery."""
    arrived = {run: at for at, _, _, run in arrivals}
    for line in log.read_text().splitlines():
        _, done, status, run = line.split()
        if status == "202":
            yield (arrived[run] - int(done)) / 1e6
