# SPDX-License-Identifier: Apache-2.0
"""Help, version, manual, completion, installation: all from one table."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import ENARX, ROOT, Enarx, absent



def listed(text, heading):
    """Names that a section of help explains, each with its other spellings."""
    section = re.search(rf"^{heading}:\n((?:  .*\n)+)", text, re.MULTILINE)
    return re.findall(r"^  ([^\s,]+(?:, -\S+)?)", section[1], re.MULTILINE) if section else []


def commands(*command):
    """A command and all below it, as their help tells."""
    done = subprocess.run([ENARX, *command, "--help"], capture_output=True, check=True)
    found = [list(command)]
    for name in listed(done.stdout.decode(), "Commands"):
        found += commands(*command, name)
    return found


COMMANDS = commands()

RUN_OPTIONS = [
    "--backend",
    "--config",
    "--wasmcfgfile",
    "--env",
    "--dir",
    "--dir-out",
    "--compiler",
    "--max-memory",
    "--timeout",
    "--signatures",
    "--unsigned",
    "--quiet",
    "--json",
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c) or "enarx")
def test_help(enarx, command):
    out = enarx(*command, "--help").ok().out
    assert re.search(r"usage: enarx" + "".join(f" {c}" for c in command), out, re.IGNORECASE)
    assert all(len(line) <= 100 for line in out.splitlines())
    assert out.endswith("\n") and "  --help" in out


def test_every_command_is_listed():
    names = [" ".join(c) for c in COMMANDS]
    assert {"run", "deploy", "keep attach", "attest verify", "key sgx create"} <= set(names)
    assert len(names) == len(set(names)) >= 27


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c) or "enarx")
def test_help_by_name(enarx, command):
    assert enarx("help", *command).ok().out == enarx(*command, "--help").ok().out


@pytest.mark.parametrize("option", RUN_OPTIONS)
def test_help_of_run_lists_every_option(enarx, option):
    assert re.search(rf"{option}\b", enarx("run", "--help").ok().out)


@pytest.mark.parametrize("command", [[], ["platform"], ["config"]])
def test_help_lists_subcommands(enarx, command):
    out = enarx(*command, "--help").ok().out
    for other in COMMANDS:
        if other[:-1] == command and other:
            assert re.search(rf"^ +{other[-1]}\b", out, re.MULTILINE)


@pytest.mark.parametrize("command", [[], ["platform"], ["config"]])
def test_nothing_to_do_prints_help(enarx, command):
    result = enarx(*command)
    assert result.status == 2 and "usage: enarx" in (result.out + result.err).lower(), repr(result)


def test_help_wins_over_what_follows(enarx):
    assert enarx("run", "--help", "no-such.wasm").status == 0


def test_version(enarx):
    out = enarx("--version").ok().out
    assert re.fullmatch(r"enarx \d+\.\d+\.\d+\n", out)


def test_option_with_equals_sign(enarx, tool):
    enarx.run("--timeout=20s", "--env=A=1", tool, "exit", 0).ok("")


def test_letters_behind_one_dash(enarx, tool):
    result = enarx("run", "-qj", tool, "exit", 0)
    assert result.status == 0 and re.fullmatch(r'\{"ending":"exit",.*\}\n', result.err), result


def test_option_given_twice(enarx, tool):
    result = enarx.run("--timeout", "1s", "--timeout", "9s", tool, "exit", 0)
    assert result.status in (0, 2)


def mandoc(*options):
    if shutil.which("mandoc") is None:
        absent("mandoc is not installed")
    return subprocess.run(["mandoc", *options, ROOT / "build/enarx.1"], capture_output=True)


def test_manual_is_well_formed():
    lint = mandoc("-T", "lint", "-W", "warning")
    assert lint.returncode == 0, lint.stdout.decode() + lint.stderr.decode()


def test_manual_has_every_option():
    text = re.sub(".\b", "", mandoc("-T", "ascii").stdout.decode())
    for option in RUN_OPTIONS:
        assert option in text
    for word in ("134", "124", "ENARX_BACKEND", "ENARX_WASMCFGFILE", "ENARX_LOG"):
        assert word in text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c) or "enarx")
def test_manual_and_completion_have_what_help_has(enarx, command):
    """Each command's options, under its name in the manual."""
    options = listed(enarx(*command, "--help").ok().out, "Options")
    spellings = {name for option in options for name in option.split(", ")}
    long = {name for name in spellings if name.startswith("--")}
    assert long <= complete("enarx", *command, "--")
    if listed(enarx(*command, "--help").ok().out, "Commands"):
        return
    page = re.sub(".\b", "", mandoc("-T", "ascii").stdout.decode())
    section = page.split(f"\n   enarx {' '.join(command)}\n")[1].split("\n   enarx ")[0]
    for name in spellings:
        assert re.search(rf"(^| ){name}\b", section, re.MULTILINE), name


def complete(*words):
    script = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
COMPREPLY=()
cur=${COMP_WORDS[COMP_CWORD]}
"$(complete -p enarx | sed 's/.*-F \\([^ ]*\\).*/\\1/')" enarx "$cur" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
    command = ["bash", "-c", script, "bash", str(ROOT / "build/enarx.bash"), *words]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return {word.strip() for word in done.stdout.decode().split("\n")} - {""}


def test_completion_of_commands():
    assert {"run", "platform", "config", "cache"} <= complete("enarx", "")
    assert complete("enarx", "pl") == {"platform"}
    assert "info" in complete("enarx", "platform", "")
    assert {"init", "check"} <= complete("enarx", "config", "")


def test_completion_of_options():
    assert set(RUN_OPTIONS) <= complete("enarx", "run", "--")
    assert complete("enarx", "run", "--ti") == {"--timeout"}
    assert "--json" in complete("enarx", "platform", "info", "--")


def test_completion_of_values():
    assert {"cranelift", "winch"} <= complete("enarx", "run", "--compiler", "")
    assert "nil" in complete("enarx", "run", "--backend", "")


def test_completion_behind_a_letter(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    assert complete("enarx", "attest", "fetch", "-o", "") == {"folder"}
    assert complete("enarx", "attest", "fetch", "f") == {"folder", "file"}


# ---- installing ----


def test_install_and_uninstall(tmp_path, tool):
    root = tmp_path / "a root"
    make = ["make", "-s", "-C", ROOT, "PREFIX=/usr", f"DESTDIR={root}"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    subprocess.run([*make, "install"], check=True, env=environment)
    installed = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
    headers = [p for p in installed if p.startswith("usr/include/enarx/")]
    assert "usr/include/enarx/attest/attest.h" in headers
    assert [p for p in installed if p not in headers] == [
        "usr/bin/enarx",
        "usr/lib/libattest.a",
        "usr/lib/pkgconfig/libattest.pc",
        "usr/share/bash-completion/completions/enarx",
        "usr/share/man/man1/enarx.1",
    ]
    described = (root / "usr/lib/pkgconfig/libattest.pc").read_text()
    assert described.startswith("prefix=/usr\n") and "@" not in described
    Enarx(root / "usr/bin/enarx", tmp_path / "home").run(tool, "exit", 0).ok("")
    subprocess.run([*make, "uninstall"], check=True, env=environment)
    left = list(root.rglob("*"))
    assert [p for p in left if p.is_file() or p.name == "enarx"] == []


def test_make_with_nothing_to_do_builds_nothing():
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-C", ROOT, "-q", "all"], capture_output=True, env=environment)
    assert done.returncode == 0, done.stdout.decode()


def test_needs_only_libc():
    out = subprocess.run(["ldd", ENARX], capture_output=True, check=True).stdout.decode()
    names = {line.split()[0].rsplit("/", 1)[-1] for line in out.splitlines()}
    assert names <= {"linux-vdso.so.1", "libc.so.6", "ld-linux-x86-64.so.2"}, out


def test_copy_runs_anywhere(tmp_path, tool):
    """Another name, another folder, an empty environment."""
    copy = tmp_path / "somewhere" / "renamed"
    copy.parent.mkdir()
    shutil.copy(ENARX, copy)
    command = [copy, "run", "--quiet", tool, "exit", "6"]
    assert subprocess.run(command, env={}, cwd="/", timeout=60).returncode == 6


def test_copy_runs_in_a_bare_root(tmp_path, tool):
    """With nothing but libc beside it."""
    if os.geteuid() != 0:
        pytest.skip("needs root for chroot")
    for path in ("/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"):
        (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path[1:])
    shutil.copy(ENARX, tmp_path / "enarx")
    shutil.copy(tool, tmp_path / "tool.wasm")
    command = ["chroot", tmp_path, "/enarx", "run", "--quiet", "/tool.wasm", "args"]
    done = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, timeout=60
    )
    assert done.returncode in (0, 1), done
    if done.returncode == 1:  # it may want /proc, but must then say so
        assert b"/proc" in done.stderr and done.stderr.count(b"\n") == 1, done
    else:
        assert b"1=args" in done.stdout
