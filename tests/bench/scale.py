"""P8 to P13: memory, idleness, starting, bad neighbours, slow callers and outages."""
import contextlib
import time

import programs
import proof
import throughput
from programs import ECHO, Daemon, Program, Receiver, cpu_seconds, fill, load


def memory(note, waiting=1_000_000, connections=4000):
    """P8: idle, for each idle connection, and with a million deliveries due to receivers that do not answer."""
    with Daemon(programs.fresh_folder("memory")) as daemon:
        time.sleep(1)
        idle = daemon.memory_kib()
        note("P8 idle_mb", idle / 1024)
        with Program(programs.tool("hold_connections"), "--port", str(daemon.port), "--count", str(connections)):
            note("P8 connection_kb", (daemon.memory_kib() - idle) / connections)
    with Receiver(programs.WORK) as receiver:
        daemon = throughput.with_waiting_deliveries("waiting", waiting, [receiver.url("/hole/run")] * 32)
        with daemon:
            time.sleep(5)
            note("P8 waiting_mb", daemon.memory_kib() / 1024)
            daemon.kill()  # a stop would wait for what is under way


def idleness(note, seconds=10):
    """P9: what it costs to have nothing to do."""
    with Daemon(programs.fresh_folder("idle")) as daemon:
        time.sleep(1)
        cpu, sleeps = cpu_seconds(daemon.pid), daemon.wake_ups()
        time.sleep(seconds)
        note("P9 core_percent", (cpu_seconds(daemon.pid) - cpu) / seconds * 100)
        note("P9 wake_ups", (daemon.wake_ups() - sleeps) / seconds)


def starting(note, waiting=500_000):
    """P10: from exec to the first delivery, after kill -9 in the middle of a long backlog."""
    with Receiver(programs.WORK) as receiver:
        daemon = throughput.with_waiting_deliveries("restart", waiting, [receiver.url("/ok/run")] * 32)
        with daemon:
            receiver.wait_for(2000)
            daemon.kill()
            receiver.reset()
            daemon.start()
            first = receiver.wait_for(1)["first_ns"]
            note("P10 seconds", (first - daemon.started_ns) / 1e9)
            daemon.kill()


def bad_neighbours(note, seconds=5, backlog=100_000):
    """P11: one receiver that is well, alone and beside 50 that never answer, 50 that drip, and what waits for them."""
    with Receiver(programs.WORK) as receiver:
        alone, beside = Daemon(programs.fresh_folder("alone")), Daemon(programs.fresh_folder("beside"))
        with alone:
            path = alone.deploy(ECHO, [("well", receiver.url("/ok/well"))])
            note("P11 alone p99_ms", _healthy_p99(alone, path, receiver, seconds))
        with beside:
            path = beside.deploy(ECHO, [("well", receiver.url("/ok/well"))])
            beside.deploy(ECHO, [(f"bad-{i}", receiver.url(f"/{kind}/{i}")) for i in range(50) for kind in ("hole", "drip")])
        fill(beside, waiting=backlog, webhooks="bad-")
        with beside:
            time.sleep(3)
            note("P11 beside p99_ms", _healthy_p99(beside, path, receiver, seconds))
            beside.kill()


def _healthy_p99(daemon, path, receiver, seconds):
    receiver.reset()
    log = daemon.folder / "load"
    result = load(daemon.port, "--path", path, "--body", programs.payload(), "--rate", 100, "--connections", 16,
                  "--seconds", seconds, "--log", log)
    stats = receiver.wait_for(result["begun"], 45)
    proof.require(stats["count"] == result["begun"], f"P11: {stats['count']} of {result['begun']} deliveries came")
    waits = sorted(throughput.latencies(log, receiver.arrivals()))
    return waits[int(0.99 * (len(waits) - 1))]


def slow_callers(note, seconds=5, count=5000):
    """P12: acknowledgements beside thousands of connections whose head comes byte by byte."""
    rates = {}
    for name, slow in (("alone", 0), ("beside", count)):
        daemon = Daemon(programs.fresh_folder("slow"), throughput.PLACES)
        with daemon, contextlib.ExitStack() as stack:
            path = daemon.deploy(ECHO)
            if slow:
                stack.enter_context(Program(programs.tool("hold_connections"), "--port", str(daemon.port), "--count",
                                            str(slow), "--mode", "slow"))
            result = programs.wrk(daemon.port, path, seconds)
        proof.require(result["refused"] == 0 and result["broken"] == 0, f"P12: {result}")
        proof.runs_recorded(daemon, result["requests"], throughput.CONNECTIONS)
        rates[name] = result["rate"]
    note("P12 of alone", rates["beside"] / rates["alone"])


def after_an_outage(note, p5_rate, count=100_000):
    """P13: a backlog of retries drains while new deliveries go on coming."""
    with Receiver(programs.WORK) as receiver:
        daemon = Daemon(programs.fresh_folder("outage"))
        with daemon:
            path = daemon.deploy(ECHO, [("new", receiver.url("/ok/new"))])
            daemon.deploy(ECHO, [(f"many-{i}", receiver.url("/ok/old")) for i in range(32)])
        fill(daemon, waiting=count, webhooks="many-", waiting_as="retries")
        with daemon:
            log = daemon.folder / "load"
            result = load(daemon.port, "--path", path, "--body", programs.payload(), "--rate", 50, "--connections", 16,
                          "--seconds", 3, "--log", log)
            receiver.wait_for(count + result["begun"], 120)
        arrivals = receiver.arrivals()
    old = [at for at, tag, _, _ in arrivals if tag == "old"]
    proof.require(proof.all_delivered(daemon, arrivals) == count + result["begun"], "P13: a delivery is missing")
    note("P13 of P5", count / (old[-1] - old[0]) * 1e9 / p5_rate)
    waits = sorted(throughput.latencies(log, arrivals))
    note("P13 new p99_ms", waits[int(0.99 * (len(waits) - 1))])
