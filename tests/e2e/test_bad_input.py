# SPDX-License-Identifier: Apache-2.0
"""Bad input of every kind: one clear line saying what, where and what to do,
the documented status, and never a crash, a hang or a zombie."""

import json
import os
import socket
import subprocess

import pytest

from conftest import AS_NOBODY, Result

MAGIC = b"\0asm"
MODULE = MAGIC + b"\1\0\0\0"
COMPONENT = MAGIC + b"\x0d\0\1\0"


@pytest.fixture
def file(tmp_path):
    def make(content, name="app.wasm"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def test_missing_file(enarx, tmp_path):
    enarx.run(tmp_path / "no.wasm").refused("no.wasm", "no such file")


def test_url(enarx):
    enarx.run("https://example.org/app.wasm").refused("https://example.org/app.wasm", "download")


def test_directory(enarx, tmp_path):
    enarx.run(tmp_path).refused(tmp_path.name, "directory")


def test_path_through_a_file(enarx, file):
    enarx.run(file(MODULE) / "app.wasm").refused("app.wasm", "not a directory")


def test_unreadable_file(enarx, file):
    path = file(MODULE)
    path.chmod(0)
    unprivileged(enarx, "run", "--quiet", path).refused("app.wasm", "permission|denied")


def unprivileged(enarx, *args):
    """The command as nobody: through a descriptor, who may not come to the file."""
    with open(enarx.path, "rb") as binary:
        command = [*AS_NOBODY, f"/proc/self/fd/{binary.fileno()}", *map(str, args)]
        return Result(
            subprocess.run(
                command, capture_output=True, timeout=60, env=enarx.env, pass_fds=[binary.fileno()]
            )
        )


def test_empty_file(enarx, file):
    enarx.run(file(b"")).refused("app.wasm", "empty")


def test_text(enarx, file):
    enarx.run(file("(module)\n", "app.wat")).refused("app.wat", "wat2wasm")


def test_some_other_file(enarx, file):
    enarx.run(file(b"\x7fELF" + bytes(100))).refused("app.wasm", "not a WebAssembly")


@pytest.mark.parametrize("size", [4, 6, 8 + 1, 200, 5000])
def test_truncated_module(enarx, file, tool, size):
    enarx.run(file(tool.read_bytes()[:size])).refused("app.wasm")


def test_truncated_module_says_so(enarx, file, tool):
    content = tool.read_bytes()
    enarx.run(file(content[: len(content) // 2])).refused("app.wasm", "truncated|unexpected end")


def test_damaged_module(enarx, file, tool):
    content = bytearray(tool.read_bytes())
    content[200:10000] = b"\xff" * 9800
    enarx.run(file(bytes(content))).refused("app.wasm")


def test_module_of_a_later_version(enarx, file):
    enarx.run(file(MAGIC + b"\2\0\0\0")).refused("app.wasm", "version")


def test_empty_module(enarx, file):
    enarx.run(file(MODULE)).refused("_start")


def test_component(enarx, file):
    enarx.run(file(COMPONENT)).refused("app.wasm", "component", "module")


def test_unknown_import(enarx, wasm):
    enarx.run(wasm("import")).refused("import", "moon", "land")


def test_import_of_a_wrong_type(enarx, wasm):
    enarx.run(wasm("signature")).refused("fd_write", "type")


def test_entry_point_with_parameters(enarx, wasm):
    enarx.run(wasm("mistyped")).refused("_start", "type|parameter|argument")


def section(number, *content):
    payload = b"".join(content)
    return bytes([number, len(payload)]) + payload


def test_entry_point_that_is_no_function(enarx, file):
    memory = section(5, b"\1\0\1")
    exports = section(7, b"\1\6_start\2\0")
    enarx.run(file(MODULE + memory + exports)).refused("_start", "function")


def test_calls_without_a_memory(enarx, file):
    """A module that calls WASI but has no memory to call it with."""
    types = section(1, b"\2\x60\4\x7f\x7f\x7f\x7f\1\x7f\x60\0\0")
    name = b"\x16wasi_snapshot_preview1\x08fd_write"
    imports = section(2, b"\1", name, b"\0\0")
    functions = section(3, b"\1\1")
    exports = section(7, b"\1\6_start\0\1")
    body = b"\0\x41\1\x41\0\x41\1\x41\0\x10\0\x1a\x0b"
    code = section(10, b"\1", bytes([len(body)]), body)
    result = enarx.run(file(MODULE + types + imports + functions + exports + code))
    assert result.status in (0, 1, 134) and result.out == "", repr(result)


def test_module_that_fails_in_its_start_section(enarx, file):
    module = MODULE + section(1, b"\1\x60\0\0") + section(3, b"\1\0")
    module += section(7, b"\1\6_start\0\0") + section(8, b"\0") + section(10, b"\1\3\0\0\x0b")
    result = enarx.run(file(module))
    assert result.status == 134 and "unreachable" in result.err, repr(result)


def test_memory_larger_than_the_limit(enarx, file):
    module = MODULE + section(1, b"\1\x60\0\0") + section(3, b"\1\0")
    module += section(5, b"\1\0\x80\x80\4")  # 65,536 pages
    module += section(7, b"\1\6_start\0\0") + section(10, b"\1\2\0\x0b")
    enarx.run("--max-memory", "1G", file(module)).refused("memory")


# ---- the command line ----


@pytest.mark.once
@pytest.mark.parametrize(
    "args, said",
    [
        (["run"], "APP.wasm|module"),
        (["run", "--no-such-option", "x.wasm"], "--no-such-option"),
        (["run", "-z", "x.wasm"], "-z"),
        (["run", "--env"], "--env"),
        (["run", "--env", "=1", "x.wasm"], "--env"),
        (["run", "--backend", "moon", "x.wasm"], "moon.*nil"),
        (["run", "--compiler", "llvm", "x.wasm"], "llvm.*cranelift"),
        (["run", "--max-memory", "much", "x.wasm"], "much"),
        (["run", "--max-memory", "99999999999999999999G", "x.wasm"], "99999999999999999999G"),
        (["run", "--timeout", "soon", "x.wasm"], "soon"),
        (["run", "--timeout", "-1s", "x.wasm"], "-1s"),
        (["run", "--dir", "relative", "x.wasm"], "--dir"),
        (["run", "--dir", "/tmp::data:rx", "x.wasm"], "--dir"),
        (["run", "--dir-out", "nothing", "x.wasm"], "--dir-out"),
        (["run", "--quiet=yes", "x.wasm"], "--quiet"),
        (["fly"], "fly"),
        (["platform", "fly"], "fly"),
        (["config", "fly"], "fly"),
        (["config", "check"], "FILE|file"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_usage(enarx, args, said):
    enarx(*args).refused(said, status=2)


@pytest.mark.once
def test_unknown_backend_from_the_environment(enarx, tool):
    result = enarx.run(tool, env={"ENARX_BACKEND": "moon"})
    result.refused("moon", "nil", status=2)


@pytest.mark.once
def test_backend_that_is_not_here(enarx, tool):
    """An unknown name is answered with those that are known, another with what it lacks."""
    result = enarx.run("--backend", "nosuch", tool)
    assert result.status == 2 and len(result.lines) == 1, repr(result)
    assert "known: " in result.err and "nil" in result.err and "sgx" in result.err
    info = json.loads(enarx("platform", "info", "--json").out)
    for backend in info["backends"]:
        if backend["available"]:
            continue
        result = enarx.run("--backend", backend["name"], tool)
        assert result.status == 1 and len(result.lines) == 1, repr(result)
        assert next(p["what"] for p in backend["probes"] if not p["ok"]) in result.err
        assert "enarx platform info" in result.err


# ---- Enarx.toml ----


@pytest.mark.once
def test_missing_config(enarx, tool, tmp_path):
    enarx.run("--config", tmp_path / "Enarx.toml", tool).refused("Enarx.toml", "no such file")


@pytest.mark.once
def test_config_that_is_a_directory(enarx, tool, tmp_path):
    enarx.run("--config", tmp_path, tool).refused(tmp_path.name, "directory")


@pytest.mark.once
def test_unreadable_config(enarx, tool, file):
    path = file("", "Enarx.toml")
    path.chmod(0)
    unprivileged(enarx, "run", "--quiet", "--config", path, tool).refused("Enarx.toml", "denied")


@pytest.mark.once
def test_malformed_config(enarx, tool, file):
    enarx.run("--config", file("args = [\n", "Enarx.toml"), tool).refused(r"Enarx\.toml:\d+:\d+: ")


@pytest.mark.once
def test_config_full_of_garbage(enarx, tool, file):
    enarx.run("--config", file(os.urandom(4096), "Enarx.toml"), tool).refused("Enarx.toml")


@pytest.mark.once
def test_huge_config(enarx, tool, file):
    enarx.run("--config", file("#" * 5_000_000, "Enarx.toml"), tool).refused(
        "Enarx.toml", "large|big"
    )


# ---- the surroundings ----


def test_port_in_use(enarx, tool, file):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        entry = f'kind = "listen", prot = "tcp", name = "web", addr = "127.0.0.1", port = {port}'
        config = file(f"files = [{{{entry}}}]", "Enarx.toml")
        enarx.run("--config", config, tool, "args").refused(str(port), "in use")


def test_address_of_another_machine(enarx, tool, file):
    config = file(
        'files = [{kind = "listen", prot = "tcp", name = "web", addr = "192.0.2.1", port = 8080}]',
        "Enarx.toml",
    )
    enarx.run("--config", config, tool, "args").refused(r"192\.0\.2\.1", "no such address")


def test_nobody_answers(enarx, tool, file, port):
    config = file(
        f'files = [{{kind = "connect", prot = "tcp", host = "127.0.0.1", port = {port}}}]',
        "Enarx.toml",
    )
    enarx.run("--config", config, tool, "args").refused(f"127.0.0.1:{port}", "nothing listens")


def test_unknown_host(enarx, tool, file):
    config = file(
        'files = [{kind = "connect", prot = "tcp", host = "no-such-host.invalid", port = 80}]',
        "Enarx.toml",
    )
    enarx.run("--config", config, tool, "args").refused("no-such-host.invalid")


def test_directory_that_does_not_exist(enarx, tool, tmp_path):
    enarx.run("--dir", f"{tmp_path}/no::/data", tool).refused("/no", "no such directory")


def test_directory_that_is_a_file(enarx, tool, file):
    enarx.run("--dir", f"{file('x', 'plain')}::/data", tool).refused("plain", "is a file")


def test_output_directory_that_does_not_exist(enarx, tool, tmp_path):
    result = enarx.run("--dir-out", f"/out::{tmp_path}/no", tool, "write", "/out/a", "b")
    if result.status != 0:
        assert result.status == 1 and "/no" in result.err and len(result.lines) == 1, repr(result)
    else:
        assert (tmp_path / "no/a").read_text() == "b"


@pytest.fixture
def small_disk(tmp_path):
    where = tmp_path / "disk"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "none", str(where)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs root and a mount to have a small disk")
    yield where
    subprocess.run(["umount", str(where)], check=True)


def test_disk_full_while_writing_back(enarx, tool, small_disk):
    result = enarx.run("--dir-out", f"/out::{small_disk}", tool, "fill", "/out/big", 4 << 20)
    result.refused("big|disk", "no space")


def test_disk_full_for_the_cache(enarx, tool, small_disk):
    """A cache that cannot be kept is no reason to fail."""
    result = enarx.run(tool, "args", env={"XDG_CACHE_HOME": str(small_disk / "cache")})
    assert result.status == 0 and result.out.startswith("0="), repr(result)
    assert sum(f.stat().st_size for f in small_disk.rglob("*") if f.is_file()) < 1 << 20


def test_home_that_cannot_be_written(enarx, tool):
    env = {
        "HOME": "/proc/nowhere",
        "XDG_CACHE_HOME": "",
        "XDG_STATE_HOME": "",
        "TMPDIR": "/proc/no",
    }
    assert "1=args" in enarx.run(tool, "args", env=env).ok().out


@pytest.mark.once
def test_full_device_for_help(enarx):
    with open("/dev/full", "w") as full:
        result = enarx("--help", stdout=full)
    assert result.status == 1 and len(result.lines) == 1, repr(result)


def test_everything_closed(enarx, tool):
    script = f"exec {enarx.path} run --quiet {tool} exit 9 <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", script], env=enarx.env, timeout=60).returncode == 9
