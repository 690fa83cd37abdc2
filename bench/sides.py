# SPDX-License-Identifier: Apache-2.0
"""The engines compared, and how each is asked to do the same thing."""

import os
import shutil
import subprocess
from pathlib import Path

import build
from measure import Command

STATE = build.OUT / "state"  # caches of both engines: never the user's own


def version(argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout.strip().splitlines()[0]


class Side:
    def __init__(self, name, binary):
        self.name, self.binary = name, Path(binary)
        self.env = {"XDG_CACHE_HOME": str(STATE / name), "XDG_STATE_HOME": str(STATE / name)}

    def describe(self):
        return {"name": self.name, "version": version([self.binary, "--version"]),
                "sha256": build.sha256(self.binary), "size": self.binary.stat().st_size}

    def forget(self):
        """Empties the code cache."""
        shutil.rmtree(STATE / self.name, ignore_errors=True)
        (STATE / self.name).mkdir(parents=True)

    def warm(self, module):
        """Puts the module's code where `cached` finds it, if the engine keeps any."""

    def command(self, *argv):
        return Command([self.binary, *argv], self.env)


class Enarx(Side):
    def __init__(self, name, binary, backend="nil"):
        super().__init__(name, binary)
        self.backend = backend
        if backend != "nil":  # the key that signs enclaves is made once, not on each cold start
            self.env["XDG_STATE_HOME"] = str(build.OUT / "keys")

    def run(self, module, *args, compiler="cranelift", config=None, json=False, **_):
        options = ["--config", config] if config else []
        options += ["--json"] if json else []
        return self.command("run", "--quiet", "--backend", self.backend, "--compiler", compiler,
                            *options, module, *args)

    cold = cached = run

    def warm(self, module):
        command = self.run(module, "0")
        subprocess.run(command.words(), env=command.environ(), stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Wasmtime(Side):
    def cold(self, module, *args, compiler="cranelift"):
        return self.command("run", "-C", f"cache=n,compiler={compiler}", module, *args)

    def compiled(self, module):
        return build.OUT / (Path(module).stem + ".cwasm")

    def cached(self, module, *args):
        return self.command("run", "--allow-precompiled", self.compiled(module), *args)

    def own_cache(self, module, *args):
        return self.command("run", "-C", "cache=y", module, *args)

    def warm(self, module):
        build.run([self.binary, "compile", module, "-o", self.compiled(module)])


class Node(Side):
    def run(self, module, *args, **_):
        return self.command("--no-warnings", build.HERE / "node.mjs", module, *args)

    cold = cached = run


class Native(Side):
    """The same C, compiled by cc: what the machine itself allows."""

    def cold(self, module, *args, **_):
        name = Path(module).stem
        return Command([build.native(f"{name}-native", build.HERE / "guest" / f"{name}.c"), *args])

    cached = cold


ALL = "enarx,wasmtime,node,native"


def available(names):
    """The sides asked for, in order; one that is missing is an error that says so."""
    made = {
        "enarx": lambda: Enarx("enarx", os.environ.get("ENARX") or build.ROOT / "build" / "enarx"),
        "wasmtime": lambda: Wasmtime("wasmtime", build.wasmtime()),
        "node": lambda: Node("node", shutil.which("node") or "node"),
        "native": lambda: Native("native", shutil.which("cc") or "cc"),
    }
    unknown = [name for name in names if name not in made]
    if unknown:
        raise SystemExit(f"bench: no side is named {unknown[0]}: choose from {', '.join(made)}")
    sides = [made[name]() for name in names]
    for side in sides:
        if not side.binary.exists():
            raise SystemExit(f"bench: {side.binary} is missing: build it, or leave {side.name} "
                             "out with --sides")
        side.forget()
    return sides
