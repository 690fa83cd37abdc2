# SPDX-License-Identifier: Apache-2.0
"""What a start of the kvm keep is made of, as its monitor and KVM count it: hello, its code
cached. Where KVM does not work it is counted in an emulated machine, as make check-kvm does;
the counts are those of hardware then, the times are not."""

import re
import subprocess

import build


def measured(quick):
    """`quick` makes no difference: it is counted once."""
    subprocess.run(["make", "-s", "build/tests/kvm/count", "build/tests/keep/keep",
                    "build/tests/keep/shim-kvm.flat", "build/tests/keep/guest.tree"],
                   cwd=build.ROOT, check=True)
    done = subprocess.run([build.ROOT / "tools/check-kvm", "statistics"], capture_output=True, text=True)
    told = re.search(r"^enarx: counted: (.*)$", done.stdout, re.M)
    failed = {} if told and done.returncode == 0 else {"enarx": (done.stdout + done.stderr).strip()}
    return {"emulated": "no machine is emulated" not in done.stdout,
            "counts": re.findall(r"(\d+) ([^,]+(?:, 64 KiB each)?)", told[1]) if told else [],
            "cases": [{"group": "kvm", "case": "hello, code cached", "failed": failed}]}


def summary(found):
    yield "kvm: hello, its code cached" + (", in an emulated machine" if found["emulated"] else "")
    for number, what in found["counts"]:
        if not (found["emulated"] and "microseconds" in what):
            yield f"    {int(number):>9,} {what}"
    for case in found["cases"]:
        yield from (f"    failed: {why}" for why in case["failed"].values())


def write(found, docs):
    """docs/performance.md says what the counts mean, and is written by hand."""


def markdown(docs):
    return []
