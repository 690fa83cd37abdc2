# SPDX-License-Identifier: Apache-2.0
"""Control groups of `enarx host`, in a machine that QEMU emulates: here they may be of the
old version, or somebody else's. Debian's cloud kernel, Python, and what was built."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent import ROGUE, needs_rogue

pytestmark = needs_rogue

MICROHTTPD = "/usr/lib/x86_64-linux-gnu/libmicrohttpd.so.12"
PYTHON = Path("/usr/bin/python3.11")
LIBRARY = Path("/usr/lib/python3.11")
NEEDED = ("email", "encodings", "http", "importlib", "json", "re", "urllib", "collections")

INIT = """#!/bin/busybox sh
export PATH=/bin HOME=/root
for f in mount mkdir ip sh; do /bin/busybox ln -s busybox /bin/$f; done
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp; mount -t cgroup2 groups /sys/fs/cgroup
ip link set lo up
echo "+memory +pids" > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/unit
/usr/bin/python3.11 /inside.py
/bin/busybox poweroff -f
"""


def kernel():
    found = sorted(Path("/boot").glob("vmlinuz-*-cloud-amd64"))
    return found[-1] if found else None


def libraries(program):
    shown = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(", shown)


def archive(root, target):
    """A folder as the kernel unpacks it [Linux buffer-format.rst]."""
    with gzip.open(target, "wb", 1) as out:
        for number, path in enumerate([*sorted(root.rglob("*")), None], 1):
            name = str(path.relative_to(root)) if path else "TRAILER!!!"
            status = path.lstat() if path else None
            content = b""
            if path and path.is_symlink():
                content = os.readlink(path).encode()
            elif path and path.is_file():
                content = path.read_bytes()
            numbers = [number, status.st_mode if path else 0, 0, 0, 1, 0, len(content), 0, 0, 0, 0]
            head = b"070701" + b"".join(b"%08x" % n for n in [*numbers, len(name) + 1, 0])
            head += name.encode() + b"\0"
            out.write(head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4))


def fill(root):
    programs = [ROGUE, PYTHON, MICROHTTPD, *LIBRARY.glob("lib-dynload/_ssl*")]
    wanted = {Path(file) for program in programs for file in libraries(program)}
    for name in ("bin", "dev", "proc", "sys", "tmp", "root"):
        (root / name).mkdir()
    for file in {*wanted, PYTHON, Path(MICROHTTPD)}:
        target = root / str(file)[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    shutil.copy(ROGUE, root / "bin/enarx")
    shutil.copy(shutil.which("busybox"), root / "bin/busybox")
    inside = root / str(LIBRARY)[1:]
    inside.mkdir(parents=True)
    for entry in LIBRARY.iterdir():
        if entry.suffix == ".py":
            shutil.copy(entry, inside)
        elif entry.name in (*NEEDED, "lib-dynload"):
            shutil.copytree(entry, inside / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("agent_in_groups.py"), root / "inside.py")
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What agent_in_groups.py prints in such a machine, by its first words."""
    for program in ("qemu-system-x86_64", "busybox"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if kernel() is None or not PYTHON.exists():
        pytest.skip("no cloud kernel in /boot, or another Python than its image takes")
    folder = tmp_path_factory.mktemp("machine")
    (folder / "root").mkdir()
    fill(folder / "root")
    archive(folder / "root", folder / "initrd")
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "2048", "-nographic",
               "-no-reboot", "-kernel", kernel(), "-initrd", folder / "initrd", "-append",
               "console=ttyS0 quiet panic=-1 cgroup_no_v1=all"]
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=300, check=True,
                          stdin=subprocess.DEVNULL)
    text = done.stdout.decode(errors="replace")
    found = dict(re.findall(r"SAID (\w+): (.*?)\r?$", text, re.M))
    assert "end" in found, text[-3000:]
    return found


def test_agent_and_keeps_have_groups_of_their_own(said):
    assert said["agent"] == "0::/unit/enarx-agent"
    assert said["groups"] == "enarx-agent enarx-keep"
    assert said["keep"] == "64M 8 1 alone"
    assert said["helped"] == "0", "the agent said that there are none"


def test_memory_of_any_kind_counts(said):
    assert said["eater"].startswith("ended the system killed it, for want of memory")
    assert said["after"] == "enarx-agent"


def test_groups_go_with_their_keeps(said):
    assert said["two"] == "enarx-agent enarx-keep enarx-keep"
    assert said["one"] == "enarx-agent enarx-keep"


def test_what_a_killed_agent_left_is_removed(said):
    assert said["killed"] == "enarx-agent enarx-keep enarx-keep"
    assert said["swept"] == "enarx-agent"
