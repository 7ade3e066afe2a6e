"""P14 and growth: a database of a million runs and ten million attempts beside an empty one."""
import random
import re
import statistics
import time

import programs
import proof
import throughput
from programs import ECHO, Daemon, Receiver, load

RUNS, DELIVERIES_PER_RUN, ATTEMPTS_PER_DELIVERY = 1_000_000, 2, 5
HISTORY_HOURS = 20 * 24  # over which fill_database spreads runs


class LargeDatabase:
    """Made once a bench, in about a minute; 4 GB on the disk."""

    def __init__(self, receiver, share=1.0):
        self.daemon = Daemon(programs.fresh_folder("large"), throughput.PLACES)
        with self.daemon as daemon:
            self.path = daemon.deploy(ECHO)
            daemon.deploy(ECHO, [(f"many-{i}", receiver.url("/ok/history")) for i in range(32)])
        start = time.monotonic()
        programs.fill(self.daemon, runs=int(RUNS * share), deliveries_per_run=DELIVERIES_PER_RUN,
                      attempts_per_delivery=ATTEMPTS_PER_DELIVERY, webhooks="many-")
        self.seconds_to_fill = time.monotonic() - start


def reading(note, database, seconds=2):
    """P14: each list and each read, at places all over the history."""
    with database.daemon as daemon:
        paths = _paths(daemon)
        worst = 0.0
        for name, group in paths.items():
            file = daemon.folder / "paths"
            file.write_text("\n".join(group) + "\n")
            result = load(daemon.port, "--paths", file, "--key", programs.API_KEY, "--seconds", seconds)
            proof.require(set(result["by_status"]) == {"200"}, f"P14 {name}: {result}")
            note(f"P14 {name} p99_ms", result["all"]["p99_us"] / 1000)
            worst = max(worst, result["all"]["p99_us"] / 1000)
        note("P14 p99_ms", worst)


def _paths(daemon, places=300):
    """For each route, requests for many places."""
    random.seed(14)
    deployment = daemon.api("GET", "/v1/deployments")["deployments"][0]["id"]  # the newest: the one with history
    webhooks = [row["id"] for row in
                daemon.api("GET", f"/v1/deployments/{deployment}/outgoing-webhooks")["outgoing_webhooks"]]
    runs = [row[0] for row in proof.ask(daemon, "SELECT id FROM runs")]
    deliveries = [row[0] for row in proof.ask(daemon, "SELECT id FROM deliveries")]
    some_runs, some_deliveries = random.sample(runs, places), random.sample(deliveries, places)
    lists = {
        "runs": "/v1/runs?limit=100",
        "runs of a deployment": f"/v1/runs?limit=100&deployment_id={deployment}",
        "failed runs": "/v1/runs?limit=100&status=failed",
        "production": f"/v1/runs?limit=100&environment=production&deployment_id={deployment}",
        "staging": "/v1/runs?limit=100&environment=staging",
        "running": "/v1/runs?limit=100&status=running",
        "deliveries": f"/v1/outgoing-webhooks/{webhooks[0]}/deliveries?limit=100",
        "failed deliveries": f"/v1/outgoing-webhooks/{webhooks[1]}/deliveries?limit=100&status=failed",
    }
    groups = {name: pages(daemon, path) for name, path in lists.items()}
    groups["one run"] = [f"/v1/runs/{run}" for run in some_runs]
    groups["its log"] = [f"/v1/runs/{run}/logs" for run in some_runs]
    groups["one delivery"] = [f"/v1/deliveries/{delivery}" for delivery in some_deliveries]
    groups["small lists"] = ["/v1/deployments", f"/v1/deployments/{deployment}/versions",
                             f"/v1/deployments/{deployment}/incoming-webhooks", "/v1/api-keys"]
    groups["metrics"] = ["/metrics"]
    return groups


def pages(daemon, path, count=40):
    """The first pages of a list, as a reader would turn them."""
    found = [path]
    while len(found) < count and (cursor := daemon.api("GET", found[-1])["next_cursor"]):
        found.append(f"{path}&cursor={cursor}")
    return found


def _retention_rate(daemon, hours, seconds=120):
    """Runs and deliveries deleted a second, with their attempts, when what is older than so many hours goes."""
    keeping = Daemon(daemon.folder, {"retention": {"runs": f"{hours}h", "deliveries": f"{hours}h"}})
    start = time.monotonic()
    with keeping:
        while not (deleted := re.search(r"retention deleted  runs=(\d+) deliveries=(\d+)", keeping.log.read_text())):
            proof.require(time.monotonic() - start < seconds, "retention deletes nothing")
            time.sleep(0.02)
        took = time.monotonic() - start
    return sum(map(int, deleted.groups())) / took


def retention(note, database, receiver):
    """About 20,000 runs are deleted out of the large database, and as many out of one that holds little else."""
    small = Daemon(programs.fresh_folder("retention"))
    with small:
        small.deploy(ECHO, [(f"many-{i}", receiver.url("/ok/history")) for i in range(32)])
    programs.fill(small, runs=40_000, deliveries_per_run=DELIVERIES_PER_RUN,
                  attempts_per_delivery=ATTEMPTS_PER_DELIVERY, webhooks="many-")
    alone = _retention_rate(small, HISTORY_HOURS // 2)
    note("growth retention rows_a_second", alone)
    note("growth retention of empty",
         _retention_rate(database.daemon, HISTORY_HOURS - HISTORY_HOURS * 20_000 // RUNS) / alone)


def _seconds_to_start(daemons, times=15):
    """The median of each, started in turn, with the database there already and read before."""
    took = [[] for _ in daemons]
    for _ in range(times):
        for daemon, seconds in zip(daemons, took):
            start = time.monotonic()
            with daemon:
                seconds.append(time.monotonic() - start)
    return [statistics.median(seconds) for seconds in took]


def growth(note, database, receiver, rounds=3):
    """Starting, triggering and delivering on the large database, each in turn with an empty one."""
    daemon = database.daemon
    start_empty, start_large = _seconds_to_start([Daemon(programs.fresh_folder("empty")), daemon])
    note("growth start of empty", start_empty / start_large)
    for _ in range(rounds):
        empty = Daemon(programs.fresh_folder("empty"), throughput.PLACES)
        with empty:
            path = empty.deploy(ECHO)
        alone = _trigger_rate(empty, path)
        note("growth trigger of empty", _trigger_rate(daemon, database.path) / alone)
    for _ in range(rounds):
        empty = throughput.with_waiting_deliveries("empty", 0, [receiver.url("/ok/run")] * 32)
        note("growth deliver of empty", _delivery_rate(daemon, receiver) / _delivery_rate(empty, receiver))


def _trigger_rate(daemon, path, seconds=3):
    before = proof.count_runs(daemon)
    with daemon:
        result = programs.wrk(daemon.port, path, seconds, throughput.CONNECTIONS)
    proof.require(result["refused"] == 0 and result["broken"] == 0, f"growth: {result}")
    proof.runs_added(daemon, before, result["requests"], throughput.CONNECTIONS)
    return result["rate"]


def _delivery_rate(daemon, receiver, count=30_000):
    programs.fill(daemon, waiting=count, webhooks="many-")
    receiver.reset()
    with daemon:
        stats = receiver.wait_for(count)
    came = len({delivery for _, _, delivery, _ in receiver.arrivals()})
    proof.require(came == count, f"growth: {came} of {count} deliveries came")
    proof.nothing_waits(daemon)
    return count / (stats["last_ns"] - stats["first_ns"]) * 1e9
