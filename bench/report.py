# SPDX-License-Identifier: Apache-2.0
"""Turns the numbers into docs/bench.md, and keeps them in docs/bench/raw.json.

Ratios say how many times better enarx is than wasmtime: above 1 is better, for
times, rates and memory alike."""

import json
import math
import os
import platform
import statistics
from datetime import date
from pathlib import Path

import build

TITLES = {
    "start": "Start",
    "compile": "Compile",
    "memory": "Memory",
    "io": "Standard input to standard output",
    "echo": "TCP echo",
    "tls": "TLS",
    "crowd": "Ten thousand connections",
    "compute": "Steady compute",
}
# What issue and design ask for, as a ratio.
TARGETS = {"start": 1.0, "memory": 1.0, "io": 0.9, "tls": 0.9, "compute": 0.98}
# Whom enarx is compared with, where that is not wasmtime.
OTHERS = dict.fromkeys(("tls", "crowd"), "native behind nginx")


def field(path, key):
    for text in Path(path).read_text().splitlines():
        if text.startswith(key):
            return text.partition(":")[2].strip()
    return "unknown"


def machine():
    kib = int(field("/proc/meminfo", "MemTotal").split()[0])
    return {"cpu": field("/proc/cpuinfo", "model name"), "cores": os.cpu_count(),
            "memory_gib": round(kib / 2**20, 1), "kernel": platform.release(),
            "system": platform.freedesktop_os_release()["PRETTY_NAME"],
            "date": date.today().isoformat(), "load": os.getloadavg()[0]}


def medians(row):
    return {label: statistics.median(values) for label, values in row["runs"].items() if values}


def compared_with(group):
    return OTHERS.get(group, "wasmtime")


def ratio(row, to=None):
    """How many times better enarx is; None when either was not measured."""
    middle, to = medians(row), to or compared_with(row["group"])
    if "enarx" not in middle or to not in middle:
        return None
    one, other = middle["enarx"], middle[to]
    return other / one if row["less_is_better"] else one / other


def shown(value, unit):
    if unit == "s":
        return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value:,.0f}" if unit == "requests/s" else f"{value:.2f} {unit}"


def line(row):
    cells = [f"{label} {shown(value, row['unit'])}" for label, value in medians(row).items()]
    cells += [f"{label} failed: {why}" for label, why in row["failed"].items()]
    times = ratio(row)
    return f"{row['group']}: {row['case']}: {', '.join(cells)}" + (
        f"; enarx {times:.2f} x {compared_with(row['group'])}" if times else "")


def geometric_mean(rows, to=None):
    ratios = [times for row in rows if (times := ratio(row, to))]
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else None


def summary(result):
    for to in ("wasmtime", "node"):
        rows = [row for row in result["cases"] if row["group"] == "compute"]
        mean = geometric_mean(rows, to)
        if mean:
            yield f"compute: geometric mean: enarx {mean:.3f} x {to}"


def spread(values):
    """Half of the distance between the quartiles, in percent of the median."""
    if len(values) < 4:
        return 0
    low, middle, high = statistics.quantiles(values, n=4)
    return 50 * (high - low) / middle


def table(rows):
    labels = list(dict.fromkeys(label for row in rows for label in row["runs"]))
    yield "| | " + " | ".join(labels) + f" | enarx to {compared_with(rows[0]['group'])} |"
    yield "|---|" + "--:|" * (len(labels) + 1)
    for row in rows:
        middle, times = medians(row), ratio(row)
        cells = [f"{shown(middle[label], row['unit'])} ±{spread(row['runs'][label]):.0f} %"
                 if label in middle else "–" for label in labels]
        yield f"| {row['case']} | {' | '.join(cells)} | {f'**{times:.2f}**' if times else '–'} |"


def verdict(group, rows):
    """Whether the group reaches its target, in a sentence."""
    target = TARGETS.get(group)
    ratios = [times for row in rows if (times := ratio(row))]
    if target is None or not ratios:
        return ""
    got, what = min(ratios), "every row"
    if group == "compute":
        got, what = geometric_mean(rows), "geometric mean"
    word = "reached" if got >= target else "not reached"
    return f"To reach: {what} at least {target}. Measured: {got:.3f}, {word}."


def markdown(result, sections):
    """The lines of docs/bench.md; those of `sections` are made elsewhere."""
    yield "<!-- Written by `make bench` from docs/bench/raw.json: do not edit. -->\n# Benchmarks\n"
    it = result["machine"]
    yield (f"Measured {it['date']} on {it['cpu']}, {it['cores']} cores, {it['memory_gib']} GiB, "
           f"Linux {it['kernel']}, {it['system']}; load {it['load']:.2f} at the start. "
           "How it is measured, and how to read it: [bench/README.md](../bench/README.md).\n")
    yield "| side | version | SHA-256 of the binary | bytes |\n|---|---|---|--:|"
    for side in result["sides"]:
        yield (f"| {side['name']} | {side['version']} | `{side['sha256']}` | {side['size']:,} |")
    for group, title in TITLES.items():
        rows = [row for row in result["cases"] if row["group"] == group]
        if not rows:
            continue
        text = (build.HERE / "text" / f"{group}.md").read_text().strip()
        yield f"\n## {title}\n\n{text}\n"
        yield from table(rows)
        for row in rows:
            for label, why in row["failed"].items():
                yield f"\n{row['case']}: {label} failed: {why}"
        yield from other_binaries(rows, result["sides"])
        ending = [text for text in (verdict(group, rows), *closing(group, result)) if text]
        if ending:
            yield "\n" + "\n\n".join(ending)
    yield from sections
    notes = build.HERE / "notes.md"
    if notes.exists():
        yield "\n" + notes.read_text().strip()


def other_binaries(rows, sides):
    """Says so when a group was measured with a binary that the top does not name."""
    for side in sides:
        olds = {row["with"].get(side["name"]) for row in rows} - {side["sha256"], None}
        for old in sorted(olds):
            yield f"\nMeasured earlier, with the {side['name']} of SHA-256 `{old}`."


def closing(group, result):
    """What follows a group's table: the means, and what was run."""
    if group == "compute":
        yield "; ".join(text.partition(": ")[2] for text in summary(result)).capitalize() + "."
        yield "The kernels: " + "; ".join(
            f"**{row['name']}** {row['what']}" for row in build.TABLE["kernel"]) + "."


def write(result, docs, whole, sections):
    """Replaces the measured groups in raw.json, and writes the page again."""
    raw = docs / "bench" / "raw.json"
    if not whole and raw.exists():
        measured = {row["group"] for row in result["cases"]}
        old = json.loads(raw.read_text())
        kept = [row for row in old["cases"] if row["group"] not in measured]
        cases = sorted(kept + result["cases"], key=lambda row: list(TITLES).index(row["group"]))
        result = {**(result if result["sides"] else old), "cases": cases}
    save(result, raw)
    (docs / "bench.md").write_text("\n".join(markdown(result, sections)) + "\n")


def save(result, raw):
    raw.parent.mkdir(parents=True, exist_ok=True)
    cases = ",\n  ".join(json.dumps(rounded(row)) for row in result["cases"])
    head = json.dumps({key: value for key, value in result.items() if key != "cases"}, indent=1)
    raw.write_text(f'{head[:-2]},\n "cases": [\n  {cases}\n ]\n}}\n')


def rounded(row):
    return {**row, "runs": {label: [float(f"{value:.6g}") for value in values]
                            for label, values in row["runs"].items()}}
