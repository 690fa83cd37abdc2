# SPDX-License-Identifier: Apache-2.0
"""report.py FILE.csv: what each station measured, as JSON."""

import csv
import json
import statistics
import sys


def read(path):
    stations, missing = {}, 0
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["celsius"]:
                stations.setdefault(row["station"], []).append(float(row["celsius"]))
            else:
                missing += 1
    return stations, missing


def summary(values):
    return {
        "count": len(values),
        "min": min(values),
        "mean": round(statistics.fmean(values), 2),
        "max": max(values),
    }


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: report.py FILE.csv")
    stations, missing = read(sys.argv[1])
    report = {name: summary(values) for name, values in sorted(stations.items())}
    print(json.dumps({"stations": report, "missing": missing}, indent=2))


main()
