# SPDX-License-Identifier: Apache-2.0
"""The machine of tools/check-kvm: Debian's packages as they are installed here, and what
was built, in an initramfs; and QEMU, which boots it. Trusts this machine's packages."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KVM_MODULES = ("virt/lib/irqbypass.ko", "arch/x86/kvm/kvm.ko", "arch/x86/kvm/kvm-amd.ko")
# An instruction takes 1 ns: time there is not that of a host, which may be busy.
CLOCK = "shift=0,sleep=off"
# Whether there is a timer the kernel would look for when there may be none yet.
ARGUMENTS = "console=ttyS0 quiet panic=-1 no_timer_check"

# With all that they depend on.
PACKAGES = """
    bash ca-certificates coreutils curl dash diffutils findutils mawk gnutls-bin grep libcurl4 libmicrohttpd12
    mount openssl procps python3 python3-pytest sed strace util-linux
""".split()
UNUSED = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/", "/usr/lib/x86_64-linux-gnu/perl/")
# What is made when packages are installed.
MADE = ("/etc/alternatives", "/etc/group", "/etc/hosts", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/passwd",
        "/etc/ssl")


def fail(message):
    sys.exit(f"check-kvm: {message}")


# ---- Debian's packages ----


def depends(package):
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Depends}, ${Pre-Depends}", package], capture_output=True, text=True
    ).stdout
    alternatives = (part.split("|")[0].strip() for part in shown.split(","))
    return {re.split(r"[ (:]", part)[0] for part in alternatives if part}


def closure(packages):
    found, rest = set(), set(packages)
    while rest:
        package = rest.pop()
        if package not in found:
            found.add(package)
            rest |= depends(package)
    return sorted(found)


def copy(path, root):
    """A file or a link, where it truly lies: /bin is /usr/bin."""
    real = Path(os.path.realpath(path.parent)) / path.name
    target = root / str(real)[1:]
    if target.is_symlink() or target.exists() or (path.is_dir() and not path.is_symlink()):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target, follow_symlinks=False)


def add_packages(root, packages):
    shown = subprocess.run(["dpkg-query", "-L", *closure(packages)], capture_output=True, text=True).stdout
    for line in shown.splitlines():
        path = Path(line)
        if line.startswith("/") and not line.startswith(UNUSED) and os.path.lexists(path):
            copy(path, root)
    for made in map(Path, MADE):
        for path in (made, *made.rglob("*")) if made.is_dir() else (made,):
            copy(path, root)
    for link in Path("/usr/bin").iterdir():
        if link.is_symlink() and os.readlink(link).startswith("/etc/alternatives/") and link.exists():
            if (root / os.path.realpath(link)[1:]).exists():
                copy(link, root)
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        link = Path("/", name)
        if link.is_symlink() and not (root / name).exists():
            (root / name).symlink_to(os.readlink(link))


def add_libraries(root, program):
    """The shared libraries that a program is loaded with."""
    shown = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+) \(", shown):
        copy(Path(library), root)
        copy(Path(os.path.realpath(library)), root)


# ---- the initramfs ----


def kernel():
    found = sorted(Path("/boot").glob("vmlinuz-*-cloud-amd64"))
    if not found:
        fail("no kernel: run tools/setup kvm, which installs linux-image-cloud-amd64")
    return found[-1], Path("/lib/modules") / found[-1].name.removeprefix("vmlinuz-") / "kernel"


def pack(folder, target):
    """As it is: to unpack it would cost the machine more than to have it loaded."""
    names = "\0".join(str(p.relative_to(folder)) for p in sorted(folder.rglob("*")))
    with open(target, "wb") as out:
        done = subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet", "-0"], input=names.encode(), cwd=folder, stdout=out
        )
    if done.returncode != 0:
        fail("cpio could not pack the machine's files")


def make_initramfs(tests, extra, target, packages):
    """`tests` becomes /tests; extra(root) adds to the machine's root directory."""
    modules = kernel()[1]
    with tempfile.TemporaryDirectory() as made:
        top = Path(made)
        root = top / "tree"
        for name in ("dev", "proc", "sys", "tmp", "root", "run"):
            (root / name).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        (top / "modules").mkdir()
        for module in KVM_MODULES:
            shutil.copy(modules / module, top / "modules")
        shutil.copy(shutil.which("busybox") or fail("no busybox"), top / "busybox")
        shutil.copy(ROOT / "tests/kvm/init", top / "init")
        shutil.copytree(tests, root / "tests", symlinks=True)
        add_packages(root, packages)
        for program in tests.iterdir():
            if program.is_file() and os.access(program, os.X_OK):
                add_libraries(root, program)
        extra(root)
        pack(top, target)


# ---- booting ----


def boot(initramfs, folder, memory, limit, hear):
    """Boots with so many MiB of memory, and gives each line of the second serial line to hear(), and one more if the
    machine did not come to its end."""
    console = folder / "console"
    command = [
        *("nice", "timeout", str(limit), "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max"),
        *("-icount", CLOCK, "-m", str(memory), "-display", "none", "-monitor", "none", "-no-reboot", "-nic", "none"),
        *("-kernel", kernel()[0], "-initrd", initramfs, "-append", ARGUMENTS),
        *("-serial", f"file:{console}", "-serial", "file:/dev/fd/1"),
    ]
    ended = False
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as machine:
        try:
            for line in machine.stdout:
                line = line.decode(errors="replace").rstrip("\r\n")
                ended = ended or line == "== end"
                hear(line)
        except BaseException:
            machine.terminate()
            raise
    if not ended:
        hear(console.read_text(errors="replace")[-2000:] if console.exists() else "")
        why = f"after {limit} s" if machine.returncode == 124 else f"with status {machine.returncode}"
        hear(f"FAIL the machine: it ended {why}, before its tests did")
