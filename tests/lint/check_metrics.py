"""Every metric that the dashboard, the alert rules and the operations page speak of is one that the server has, and the
page speaks of each of them."""
import re

from sources import line_of, main

USED_IN = ["config/grafana/dashboard.json", "config/prometheus/alerts.yml", "docs/operations.md"]
METRIC = re.compile(r"\b(?:crewship|process)_[a-z_]+\b")
OF_A_HISTOGRAM = re.compile(r"_(?:bucket|sum|count)$")
NO_METRIC = {"process_group"}


def check(root):
    source = root / "src/app/metrics.cpp"
    made = set(re.findall(r'"((?:crewship|process)_[a-z_]+)"', source.read_text()))
    for name in USED_IN:
        text = (root / name).read_text()
        for found in METRIC.finditer(text):
            metric = found.group()
            if metric not in made and OF_A_HISTOGRAM.sub("", metric) not in made and metric not in NO_METRIC:
                yield root / name, line_of(text, found.start()), f"{metric} is no metric of src/app/metrics.cpp"
    documented = set(METRIC.findall((root / USED_IN[-1]).read_text()))
    for metric in sorted(made - documented):
        text = source.read_text()
        yield source, line_of(text, text.index(f'"{metric}"')), f"{metric} is not in {USED_IN[-1]}"


if __name__ == "__main__":
    main(check)
