"""Pictures: the table, with how much of its goal each measure reaches on a logarithmic scale, and charts of sweeps."""
import math
from html import escape

from report import ROWS, verdict

WIDTH, LABEL, BAR, LINE = 980, 330, 430, 26
COLOURS = {"goal": "#2f855a", "floor": "#b7791f", "below the floor": "#c53030"}
DECADE = 1.0  # the bar spans a tenth of the goal to ten times the goal


def reached(measure, value):
    """1: exactly the goal; larger is better."""
    if measure.goal == 0:
        return 1.0 if value <= 0 else 0.1 + 0.9 * max(0.0, 1 - value / measure.floor)
    if value <= 0:
        return 10.0
    return value / measure.goal if measure.higher_is_better else measure.goal / value


def place(share):
    return BAR / 2 * (1 + max(-DECADE, min(DECADE, math.log10(max(share, 1e-9)))))


def svg(figures, title):
    rows = [(measure, figures[measure.key]) for measure in ROWS if measure.key in figures]
    height = 70 + LINE * len(rows) + 20
    goal_at = LABEL + place(1.0)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
           'font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text x="16" y="26" font-size="16">{escape(title)}</text>',
           f'<text x="{goal_at}" y="52" text-anchor="middle" fill="#444">goal</text>',
           f'<text x="{LABEL}" y="52" fill="#444">10 × short</text>',
           f'<text x="{LABEL + BAR}" y="52" text-anchor="end" fill="#444">10 × better</text>']
    for index, (measure, value) in enumerate(rows):
        top = 62 + LINE * index
        said = verdict(measure, value)
        floor_at = LABEL + place(reached(measure, measure.floor))
        out += [f'<text x="{LABEL - 8}" y="{top + 16}" text-anchor="end">{escape(measure.name)}</text>',
                f'<rect x="{LABEL}" y="{top + 3}" width="{BAR}" height="18" fill="#edf2f7"/>',
                f'<rect x="{LABEL}" y="{top + 3}" width="{place(reached(measure, value)):.1f}" height="18" '
                f'fill="{COLOURS[said]}"/>',
                f'<line x1="{floor_at:.1f}" x2="{floor_at:.1f}" y1="{top + 1}" y2="{top + 23}" stroke="#1a202c" '
                'stroke-dasharray="2 2"/>',
                f'<text x="{LABEL + BAR + 10}" y="{top + 16}">{value:.3g} {escape(measure.unit)}</text>']
    out += [f'<line x1="{goal_at}" x2="{goal_at}" y1="58" y2="{height - 18}" stroke="#1a202c"/>', "</svg>", ""]
    return "\n".join(out)


def _line(points, colour):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'


def chart(figures, title):
    """(place, rate, p99 in ms) each: the rate on a linear scale from zero, the p99 on a logarithmic one."""
    width, height, left, top, across, down = 720, 360, 70, 50, 560, 240
    most_rate = max(rate for _, rate, _ in figures) * 1.1
    lowest = 10 ** math.floor(math.log10(min(p99 for _, _, p99 in figures)))
    decades = max(1, math.ceil(math.log10(max(p99 for _, _, p99 in figures) / lowest)))
    xs = [left + across * index / max(1, len(figures) - 1) for index in range(len(figures))]
    rates = [(x, top + down * (1 - rate / most_rate)) for x, (_, rate, _) in zip(xs, figures)]
    p99s = [(x, top + down * (1 - math.log10(p99 / lowest) / decades)) for x, (_, _, p99) in zip(xs, figures)]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
           'font-family="sans-serif" font-size="12">', f'<rect width="{width}" height="{height}" fill="#fff"/>',
           f'<text x="16" y="26" font-size="15">{escape(title)}</text>',
           f'<path d="M{left},{top} V{top + down} H{left + across} V{top}" fill="none" stroke="#a0aec0"/>',
           f'<text x="{left - 8}" y="{top + 4}" text-anchor="end" fill="#2b6cb0">{most_rate:.0f}/s</text>',
           f'<text x="{left - 8}" y="{top + down}" text-anchor="end" fill="#2b6cb0">0</text>',
           f'<text x="{left + across + 8}" y="{top + 4}" fill="#c05621">{lowest * 10 ** decades:g} ms</text>',
           f'<text x="{left + across + 8}" y="{top + down}" fill="#c05621">{lowest:g} ms</text>',
           f'<text x="{left}" y="{height - 14}" fill="#2b6cb0">rate</text>',
           f'<text x="{left + 50}" y="{height - 14}" fill="#c05621">99th percentile</text>',
           _line(rates, "#2b6cb0"), _line(p99s, "#c05621")]
    out += [f'<text x="{x:.1f}" y="{top + down + 18}" text-anchor="middle">{place:,}</text>'
            for x, (place, _, _) in zip(xs, figures)]
    return "\n".join([*out, "</svg>", ""])
