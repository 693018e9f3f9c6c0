#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""The cost of growth as an SVG plot with logarithmic axes.

    plot.py SVG JSON ...    joins what several runs of compare.py --json wrote
"""

import json
import math
import pathlib
import sys

COLOURS = ["#0b6e4f", "#d1495b", "#30638e", "#7a5195", "#b7791f", "#6b7280", "#111827"]
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 460, 70, 20, 190, 50


def label(value):
    for limit, suffix in ((1_000_000, " M"), (1_000, " k")):
        if value >= limit:
            return f"{value / limit:g}{suffix}"
    return f"{value:g}"


def growth(series):
    """`series` maps a name to points of (faces, milliseconds for one probe, ...)."""
    points = [point for line in series.values() for point in line]
    x0 = math.floor(math.log10(min(p[0] for p in points)))
    x1 = max(x0 + 1, math.ceil(math.log10(max(p[0] for p in points))))
    y0 = math.floor(math.log10(min(p[1] for p in points)))
    y1 = max(y0 + 1, math.ceil(math.log10(max(p[1] for p in points))))

    def x(value):
        return LEFT + (math.log10(value) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)

    def y(value):
        return HEIGHT - BOTTOM - (math.log10(value) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for power in range(x0, x1 + 1):
        out.append(f'<line x1="{x(10**power):.1f}" x2="{x(10**power):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
                   f'stroke="#e5e7eb"/><text x="{x(10**power):.1f}" y="{HEIGHT - BOTTOM + 18}" '
                   f'text-anchor="middle">{label(10**power)}</text>')
    for power in range(y0, y1 + 1):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(10**power):.1f}" y2="{y(10**power):.1f}" '
                   f'stroke="#e5e7eb"/><text x="{LEFT - 8}" y="{y(10**power) + 4:.1f}" '
                   f'text-anchor="end">{10**power:g}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">faces</text>')
    out.append(f'<text transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
               f'text-anchor="middle">milliseconds for one probe</text>')
    placed = []
    for number, (name, line) in enumerate(sorted(series.items(), key=lambda item: -item[1][-1][1])):
        colour = COLOURS[number % len(COLOURS)]
        ours = "FaceKit" in name
        path = " ".join(f"{x(p[0]):.1f},{y(p[1]):.1f}" for p in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{3 if ours else 1.5}"/>')
        out += [f'<circle cx="{x(p[0]):.1f}" cy="{y(p[1]):.1f}" r="{4 if ours else 3}" fill="{colour}"/>' for p in line]
        height = y(line[-1][1]) + 4
        while any(abs(height - other) < 15 for other in placed):
            height += 1
        placed.append(height)
        out.append(f'<text x="{WIDTH - RIGHT + 12}" y="{height:.1f}" fill="{colour}" '
                   f'font-weight="{"bold" if ours else "normal"}">{name}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    series = {}
    for path in sys.argv[2:]:
        for name, points in json.loads(pathlib.Path(path).read_text()).items():
            series.setdefault(name, []).extend(points)
    pathlib.Path(sys.argv[1]).write_text(growth({name: sorted(points) for name, points in series.items()}))


if __name__ == "__main__":
    main()
