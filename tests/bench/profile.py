"""The loads that ./dev profile runs on an instrumented daemon: what it does most, in the proportions of use."""
import argparse
from pathlib import Path

import programs
import throughput


def note(key, value):
    if key.endswith("rate"):
        print(f"  {key}: {value:,.0f} a second", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemon", type=Path, required=True, help="the folder with the instrumented crewshipd")
    programs.DAEMON = parser.parse_args().daemon.resolve()
    programs.WORK.mkdir(parents=True, exist_ok=True)
    throughput.triggering(note, 1, seconds=5)
    throughput.complete_runs(note, 1, 1, seconds=10)
    throughput.delivering(note, 1, count=30_000)
    throughput.to_delivery(note, seconds=5)


if __name__ == "__main__":
    main()
