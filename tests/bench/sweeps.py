"""Beyond the table: what happens at several times the load it can bear, and how figures move with size."""
import itertools
import json

import picture
import programs
import proof
import throughput
from programs import ECHO, TRUE, Daemon, Receiver, load, wrk


def saturation(times=(1, 2, 5, 10), lines=(1024, 64), seconds=6):
    """Open load of complete runs at several times what the machine does, with the default waiting line and a short one:
    a line for each."""
    noted = {}
    throughput.complete_runs(lambda key, value: noted.__setitem__(key, value), 1, 1, 4)
    capacity = noted["P4 rate"]
    yield f"capacity: {capacity:.0f} complete runs a second"
    for line, factor in itertools.product(lines, times):
        folder = programs.fresh_folder("saturation")
        daemon = Daemon(folder, {"executor": {"max_waiting_requests": line}})
        with Receiver(folder) as receiver:
            with daemon:
                path = daemon.deploy(TRUE, [("ok", receiver.url("/ok/run"))])
                body = programs.payload()
                result = load(daemon.port, "--path", path, "--body", body, "--rate", 0.9 * capacity * factor,
                              "--connections", 3000, "--seconds", seconds, "--log", folder / "load")
                after = load(daemon.port, "--path", path, "--body", body, "--seconds", 1)
                daemon.wait_until_idle()
            runs = throughput.acknowledged_runs(folder / "load")
            proof.each_run_recorded(daemon, runs)
            delivered = {run for _, _, _, run in receiver.arrivals()}
        proof.require(set(runs) <= delivered, f"{len(set(runs) - delivered)} acknowledged runs were not delivered")
        yield f"line of {line:>4}, {_saturation_line(factor, result, after)}"


def _saturation_line(factor, result, after):
    accepted = result["by_status"].get("202", {"count": 0, "p50_us": 0, "p99_us": 0})
    refused = {status: said for status, said in result["by_status"].items() if status != "202"}
    count = sum(said["count"] for said in refused.values())
    slowest = max((said["p99_us"] for said in refused.values()), default=0)
    return (f"{factor:>3} × 0.9: {accepted['count'] / result['seconds']:6.0f} accepted a second, "
            f"p50 {accepted['p50_us'] / 1000:6.1f} ms, p99 {accepted['p99_us'] / 1000:6.1f} ms; {count} refused "
            f"({'/'.join(refused) or '-'}) within {slowest / 1000:.1f} ms, {result['retry_after']} with Retry-After; none "
            f"lost; right after it p50 {after['all']['p50_us'] / 1000:.2f} ms")


def _triggering(connections=64, size=200, targets=(), seconds=3):
    """202s a second; with more connections than places and line, the rest is refused at once and asks again."""
    daemon = Daemon(programs.fresh_folder("sweep"), throughput.PLACES)
    with daemon:
        path = daemon.deploy(ECHO, targets)
        result = wrk(daemon.port, path, seconds, connections, size)
        daemon.wait_until_idle()
    accepted = result["requests"] - result["refused"]
    proof.runs_recorded(daemon, accepted, connections)
    return accepted / result["seconds"], result["p99_ms"]


def _waiting(count):
    """Triggering while so many deliveries wait for receivers that never answer."""
    with Receiver(programs.WORK) as receiver:
        daemon = throughput.with_waiting_deliveries("sweep", max(count, 1), [receiver.url("/hole/run")] * 32)
        with daemon:
            path = daemon.deploy(ECHO)
            result = wrk(daemon.port, path, 3)
            daemon.kill()
    return result["rate"], result["p99_ms"]


def _subscribers(count):
    """Deliveries a second when each run has so many webhooks."""
    with Receiver(programs.WORK) as receiver:
        daemon = Daemon(programs.fresh_folder("sweep"))
        with daemon:
            path = daemon.deploy(ECHO, [(f"w{i}", receiver.url("/ok/run")) for i in range(count)])
            result = load(daemon.port, "--path", path, "--body", programs.payload(), "--connections", 16, "--requests",
                          max(20, 10_000 // count), "--seconds", 60)
            daemon.wait_until_idle()
            stats = receiver.stats()
    return stats["count"] / (stats["last_ns"] - stats["first_ns"]) * 1e9, result["all"]["p99_us"] / 1000


SWEEPS = {
    "connections": ("202s a second against connections", (1, 4, 16, 64, 256, 1024, 4096),
                    lambda x: _triggering(connections=x)),
    "body": ("202s a second against body size in bytes", (2, 200, 2048, 16384, 131072, 1048576),
             lambda x: _triggering(size=x)),
    "waiting": ("202s a second against waiting deliveries", (1, 1000, 100_000, 1_000_000), _waiting),
    "webhooks": ("deliveries a second against webhooks of one deployment", (1, 10, 100, 1000), _subscribers),
}


def charts(results):
    figures = {}
    for name, (title, places, measure) in SWEEPS.items():
        figures[name] = [(place, *measure(place)) for place in places]
        print(title, *(f"\n  {place:>9}: {rate:8.0f}/s, p99 {p99:8.2f} ms" for place, rate, p99 in figures[name]),
              flush=True)
        (results / f"{name}.svg").write_text(picture.chart(figures[name], title))
    (results / "charts.json").write_text(json.dumps(figures, indent=1) + "\n")
