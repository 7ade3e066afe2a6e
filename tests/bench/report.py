"""What a run of the benchmarks says: the table with floors and goals, what falls short, JSON and a picture."""
import json
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    key: str
    name: str
    unit: str
    floor: float
    goal: float
    higher_is_better: bool = False

    def reaches(self, value, bound):
        return value >= bound if self.higher_is_better else value <= bound


def row(key, name, unit, floor, goal, higher=False):
    return Row(key, name, unit, floor, goal, higher)


ROWS = [
    row("P1 of B", "P1 durable 202, 64 connections", "of B", 0.35, 0.50, True),
    row("P1 cpu_us", "P1 CPU a run, from request to end", "µs", 25, 18),
    row("P2 of F+B", "P2 durable 202, one connection, median", "of F + B", 2, 1.15),
    row("P2 p99_ms", "P2 99th percentile", "ms", 10, 1),
    row("P3 of B", "P3 durable 202 beside programs", "of B", 0.12, 0.24, True),
    row("P3 p99_ms", "P3 99th percentile", "ms", 25, 8),
    row("P4 of S", "P4 complete runs", "of S", 0.65, 0.85, True),
    row("P4 of W", "P4 complete runs", "of W", 0.9, 1.15, True),
    row("P5 of B", "P5 deliveries", "of B", 0.12, 0.25, True),
    row("P6 p50_ms", "P6 202 to answered delivery, median", "ms", 3, 1.2),
    row("P6 p99_ms", "P6 99th percentile", "ms", 10, 2.5),
    row("P7 p999_ms", "P7 delay of the loop, 99.9th percentile", "ms", 50, 10),
    row("P8 idle_mb", "P8 memory, idle", "MiB", 40, 12),
    row("P8 waiting_mb", "P8 memory, a million deliveries waiting", "MiB", 128, 32),
    row("P8 connection_kb", "P8 memory, each idle connection", "KiB", 10, 5),
    row("P9 core_percent", "P9 CPU when nothing is due", "% of a core", 0.5, 0),
    row("P10 seconds", "P10 kill -9 to first delivery, 500 k waiting", "s", 3, 0.5),
    row("P11 of alone", "P11 healthy receiver beside bad ones, p99", "of alone", 2, 1.1),
    row("P12 of alone", "P12 202s beside 5,000 slow heads", "of alone", 0.8, 0.95, True),
    row("P13 of P5", "P13 draining 100 k retries", "of P5", 0.7, 0.9, True),
    row("P13 new p99_ms", "P13 new deliveries meanwhile, p99", "ms", 1000, 100),
    row("P14 p99_ms", "P14 slowest list or read, p99", "ms", 50, 5),
    row("growth start of empty", "at a million runs: starting", "of empty", 0.9, 0.9, True),
    row("growth trigger of empty", "at a million runs: durable 202", "of empty", 0.9, 0.9, True),
    row("growth deliver of empty", "at a million runs: deliveries", "of empty", 0.9, 0.9, True),
    row("growth retention of empty", "at a million runs: retention", "of empty", 0.9, 0.9, True),
]


def medians(noted):
    return {key: statistics.median(values) for key, values in noted.items()}


def derived(figures):
    """Figures that compare two others."""
    figures = dict(figures)
    if {"P2 p50_us", "F median_us", "B alone p50_us"} <= figures.keys():
        figures["P2 of F+B"] = figures["P2 p50_us"] / (figures["F median_us"] + figures["B alone p50_us"])
    if {"P11 alone p99_ms", "P11 beside p99_ms"} <= figures.keys():
        figures["P11 of alone"] = figures["P11 beside p99_ms"] / figures["P11 alone p99_ms"]
    return figures


def verdict(measure, value):
    if not measure.reaches(value, measure.floor):
        return "below the floor"
    return "goal" if measure.reaches(value, measure.goal) else "floor"


def table(figures):
    lines = [f"{'':44} {'floor':>8} {'goal':>8} {'figure':>9}  {'':12}"]
    for measure in ROWS:
        value = figures.get(measure.key)
        shown = "-" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"
        said = "not measured" if value is None else verdict(measure, value)
        lines.append(f"{measure.name:44} {measure.floor:>8g} {measure.goal:>8g} {shown:>9}  {measure.unit:12} {said}")
    return "\n".join(lines)


def shortfalls(figures, failures):
    """What is not as it should be, worst first."""
    measured = [(measure, figures[measure.key]) for measure in ROWS if measure.key in figures]
    said = [f"not correct: {name}: {text}" for name, text in failures.items()]
    said += [f"below the floor: {measure.name}: {value:.3g} {measure.unit}, floor {measure.floor:g}"
             for measure, value in measured if verdict(measure, value) == "below the floor"]
    said += [f"short of the goal: {measure.name}: {value:.3g} {measure.unit}, goal {measure.goal:g}"
             for measure, value in measured if verdict(measure, value) == "floor"]
    return said


def document(figures, noted, failures, machine):
    rows = [{"key": measure.key, "name": measure.name, "unit": measure.unit, "floor": measure.floor,
             "goal": measure.goal, "higher_is_better": measure.higher_is_better, "figure": figures.get(measure.key)}
            for measure in ROWS]
    return json.dumps({"machine": machine, "table": rows, "figures": figures, "rounds": noted, "failures": failures},
                      indent=1, ensure_ascii=False) + "\n"
