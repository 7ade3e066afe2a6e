"""./dev bench: measures P1 to P14, each beside its reference, in rounds; prints the table and writes build/bench/."""
import argparse
import datetime
import platform
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import large
import picture
import programs
import proof
import quick
import report
import scale
import sweeps
import throughput

RESULTS = programs.ROOT / "build/bench"


class Bench:
    def __init__(self, only):
        self.only = only
        self.noted = defaultdict(list)
        self.failures = {}

    def note(self, key, value):
        self.noted[key].append(value)

    def last(self, key, otherwise):
        return self.noted[key][-1] if self.noted.get(key) else otherwise

    def measure(self, name, function, *arguments):
        if self.only and name not in self.only:
            return
        start = time.monotonic()
        try:
            function(self.note, *arguments)
        except proof.NotCorrect as problem:
            self.failures[name] = str(problem)
        print(f"  {name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)

    def round(self):
        throughput.fixed_answer(self.note)
        b_rate = self.last("B rate", 1)
        self.measure("P1", throughput.triggering, b_rate)
        self.measure("P2", throughput.one_connection)
        self.measure("P3", throughput.beside_programs, b_rate)
        if not self.only or "P4" in self.only:
            s_rate, w_rate = throughput.bare_spawner(self.note), throughput.adnanh_webhook(self.note)
            self.measure("P4", throughput.complete_runs, s_rate, w_rate)
        self.measure("P5", throughput.delivering, b_rate)
        self.measure("P6", throughput.to_delivery)
        self.measure("P11", scale.bad_neighbours)
        self.measure("P12", scale.slow_callers)
        self.measure("P13", scale.after_an_outage, self.last("P5 rate", 1))

    def once(self):
        self.measure("P8", scale.memory)
        self.measure("P9", scale.idleness)
        self.measure("P10", scale.starting)
        if not self.only or "P14" in self.only:
            with programs.Receiver(programs.WORK) as receiver:
                database = large.LargeDatabase(receiver)
                self.note("seconds to fill the large database", database.seconds_to_fill)
                self.measure("P14", large.reading, database)
                self.measure("P14", large.growth, database, receiver)
                self.measure("P14", large.retention, database, receiver)


def machine():
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    cores = len(open("/proc/cpuinfo", encoding="utf-8").read().split("processor\t")) - 1
    commit = subprocess.run(["git", "-c", f"safe.directory={programs.ROOT}", "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True, cwd=programs.ROOT).stdout.strip()
    return {"cpu": model, "cores": cores, "kernel": platform.release(), "commit": commit,
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="only compare what P1, P4 and P5 cost with the stored baseline; fails on 10 %% more "
                             "(P4: 50 %%)")
    parser.add_argument("--write-baseline", action="store_true", help="with --quick: store what was measured instead")
    parser.add_argument("--saturation", action="store_true", help="instead: behaviour at 1 to 10 times what it can do")
    parser.add_argument("--charts", action="store_true",
                        help="instead: rate and p99 against connections, body size, waiting deliveries and webhooks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=lambda text: set(text.split(",")), default=set(), help="for example P1,P5")
    arguments = parser.parse_args()
    programs.WORK.mkdir(parents=True, exist_ok=True)
    if arguments.quick:
        sys.exit(quick.main(arguments.write_baseline))
    if arguments.saturation:
        for line in sweeps.saturation():
            print(line, flush=True)
    if arguments.charts:
        sweeps.charts(RESULTS)
    if arguments.saturation or arguments.charts:
        return
    bench = Bench(arguments.only)
    for number in range(arguments.rounds):
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
        bench.round()
    bench.once()
    figures = report.derived(report.medians(bench.noted))
    about = machine()
    print("\n" + report.table(figures) + "\n")
    print("\n".join(report.shortfalls(figures, bench.failures)) or "Nothing that was measured falls short.")
    (RESULTS / "bench.json").write_text(report.document(figures, bench.noted, bench.failures, about))
    (RESULTS / "bench.svg").write_text(picture.svg(figures, f"crewshipd {about['commit']}: figures against goals"))
    print(f"\nwritten: {RESULTS.relative_to(programs.ROOT)}/bench.json and bench.svg")
    sys.exit(1 if bench.failures else 0)


if __name__ == "__main__":
    main()
