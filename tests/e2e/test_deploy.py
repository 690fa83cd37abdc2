# SPDX-License-Identifier: Apache-2.0
"""`enarx deploy` before a real agent, as a user sees it: a program on another machine is like
one on this, and what is refused is told. What hostile hosts try is in other files."""

import json
import os
import pty
import re
import select
import socket
import threading

import pytest

from backends import PROVE_NOTHING, allowing
from conftest import platform
from deployment import agent, deploy, events, newest, only_simulated, target  # noqa: F401

REMARK = re.compile(r"enarx: backend [a-z-]+ (proves nothing|is a simulation): ")
CONTENT = bytes(range(256)) * 4000


# ---- like a program of this machine ----


def test_arguments(deploy, tool):
    deploy(tool, "args", "--not-ours", "ä b", "").ok("0=main.wasm\n1=args\n2=--not-ours\n3=ä b\n4=\n")


@pytest.mark.parametrize("status", [0, 1, 3, 42, 134, 255])
def test_its_status_is_the_program_s(deploy, tool, status):
    result = deploy(tool, "exit", status)
    assert (result.status, result.out, result.err) == (status, "", "")


def test_streams_carry_any_bytes(deploy, tool):
    result = deploy(tool, "cat", input=CONTENT)
    assert result.status == 0 and result.bytes == CONTENT and result.err == "", result.err


def test_the_end_of_input_arrives(deploy, tool):
    deploy(tool, "cat").ok("")
    deploy(tool, "await", "20000").ok("ready\n")


def test_output_and_errors_are_apart(deploy, tool):
    result = deploy(tool, "no-such-command")
    assert (result.status, result.out, result.err) == (99, "", "tool: no such command\n")


def test_environment(deploy, tool):
    lines = deploy("--env", "A=1", "--env", "B=ü=2", tool, "env").ok().out.splitlines()
    assert "A=1" in lines and "B=ü=2" in lines and not any(x.startswith("HOME") for x in lines)


def test_configuration(deploy, tool, tmp_path):
    config = tmp_path / "Enarx.toml"
    config.write_text('args = ["args", "from the file"]\n')
    deploy("--config", config, tool).ok("0=main.wasm\n1=args\n2=from the file\n")


def test_folders_go_and_come(deploy, tool, tmp_path):
    there, back = tmp_path / "there", tmp_path / "back"
    (there / "sub").mkdir(parents=True)
    (there / "sub/file").write_bytes(CONTENT)
    result = deploy("--dir", f"{there}::/data:ro", tool, "show", "/data/sub/file")
    assert result.bytes == CONTENT
    deploy("--dir-out", f"/out::{back}", tool, "write", "/out/file", "text").ok("")
    assert (back / "file").read_text() == "text"


def test_secrets(deploy, tool, tmp_path):
    file = tmp_path / "file"
    file.write_text("of the file")
    words = ("--secret", "NAME", "--secret", "GIVEN=value", tool, "env")
    lines = deploy(*words, env={"NAME": "of the environment"}).ok().out.splitlines()
    assert "NAME=of the environment" in lines and "GIVEN=value" in lines
    deploy("--secret", f"{file}::/run/secret", tool, "show", "/run/secret").ok("of the file")


def test_traps(deploy, wasm):
    result = deploy(wasm("trap"), "unreachable")
    assert result.status == 134 and result.out == ""
    assert "trapped" in result.err and "innermost" in result.err, result.err


def test_compilers_and_limits(deploy, tool):
    deploy("--compiler", "winch", "--max-memory", "16M", tool, "take", "1").ok("took 1048576\n")
    result = deploy("--max-memory", "2M", tool, "take", "64")
    assert (result.status, result.out) == (4, "no memory\n")


@pytest.mark.parametrize("what", ["empty", "other"])
def test_programs_that_are_none(deploy, tmp_path, what):
    file = tmp_path / "app.wasm"
    file.write_bytes(b"" if what == "empty" else b"\x7fELF" * 100)
    deploy(file).refused("app.wasm")


# ---- what is said ----


def test_events(enarx, deploy, tool):
    result = deploy("--json", tool, "exit", 5)
    assert result.status == 5
    attested, packaged, provisioned, ended = events(result)
    assert attested["event"] == "attested" and attested["backend"] == enarx.backend
    assert packaged["event"] == "packaged" and packaged["size"] > tool.stat().st_size
    assert len(packaged["workload_digest"]) == 64
    assert provisioned["event"] == "provisioned" and provisioned["keep"] == attested["keep"]
    assert (ended["event"], ended["ending"], ended["status"]) == ("exit", "exit", 5)
    times = [e["elapsed_ms"] for e in events(result)]
    assert times == sorted(times)
    assert attested["proven"] is False  # hardware alone proves anything
    simulated = enarx.backend not in PROVE_NOTHING
    assert attested["simulated"] is simulated and (attested["tee"] == "sgx") is simulated
    assert attested["accepted_by"] == ("simulated_roots" if simulated else "allow_insecure")
    assert attested["ear"]["hardware"] == 97 and attested["ear"]["runtime-opaque"] == 96
    if simulated:
        measured = json.loads(enarx("measure", "--json").ok().out)["mrenclave"]
        assert attested["measurement"] == measured and attested["tcb_status"] == "UpToDate"


def test_the_workload_is_that_of_a_local_run(enarx, deploy, tool):
    there = events(deploy("--json", tool, "args", "x"))[1]["workload_digest"]
    local = enarx.run("--json", "--backend", "nil", tool, "args", "x")
    assert json.loads(local.err.splitlines()[-1])["workload_digest"] == there


def on_terminal(enarx, *words):
    """What a terminal on standard error shows."""
    ours, its = pty.openpty()
    process = enarx.popen(*words, stderr=its)
    os.close(its)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    process.stdout.close()
    return process.wait(30), shown.decode()


def test_steps_show_on_a_terminal_alone(enarx, target, tool):
    status, shown = on_terminal(enarx, "deploy", *target, tool, "exit", 2)
    assert status == 2
    steps = re.findall(r"^enarx: (attested|packaged|provisioned): ", shown, re.M)
    assert list(dict.fromkeys(steps)) == ["attested", "packaged", "provisioned"], shown
    quiet = enarx("deploy", *target, tool, "exit", 2)
    assert [x for x in quiet.err.splitlines() if not REMARK.match(x)] == []
    assert len(quiet.err.splitlines()) == 1, quiet.err
    verbose = enarx("deploy", "-v", *target, tool, "exit", 2)
    assert "enarx: provisioned: " in verbose.err and "whatever certificate" in verbose.err


# ---- what is refused ----


def test_what_proves_nothing_is_refused_before_there_is_a_keep(enarx, agent, tool):
    before = agent.get("/v1/keeps")["keeps"]
    address = f"127.0.0.1:{agent.port}"
    refused = allowing(enarx.backend, "").rstrip("=")
    words = ("--to", address, "--backend", enarx.backend, tool)
    enarx("deploy", *words).refused(refused, "nothing was sent", status=3)
    event = events(enarx("deploy", "--json", *words))
    assert [(e["event"], e["sent"], e["status"]) for e in event] == [("refused", False, 3)]
    both = enarx("deploy", "--to", address, tool)
    both.refused("--allow-insecure", "--allow-simulated", "no keep was made", status=3)
    assert {k["id"] for k in agent.get("/v1/keeps")["keeps"]} == {k["id"] for k in before}


def test_the_best_backend_is_chosen(enarx, agent, tool):
    """Of those that prove nothing, what keeps more apart."""
    words = ("--json", "--to", f"127.0.0.1:{agent.port}", "--allow-insecure")
    best = "kvm" if platform()["kvm"]["available"] else "nil"
    assert events(enarx("deploy", *words, tool, "exit", 0))[0]["backend"] == best


def test_what_proves_something_is_preferred(enarx, agent, simulation, tool):
    words = ("--json", "--to", f"127.0.0.1:{agent.port}", "--allow-insecure")
    allow = f"--allow-simulated={simulation / 'root.pem'}"
    assert events(enarx("deploy", *words, allow, tool, "exit", 0))[0]["backend"] == "sgx-sim"


@pytest.fixture
def policy(tmp_path):
    def write(text):
        path = tmp_path / "policy.toml"
        path.write_text(text)
        return path

    return write


def test_a_policy_refuses_and_tells_what_would_accept(enarx, deploy, agent, tool, policy):
    only_simulated(enarx)
    other = "00" * 31 + "aa"
    path = policy(f'tees = ["sgx"]\n[sgx]\nmrenclaves = ["{other}"]\n')
    result = deploy("--policy", path, tool, "exit", 0)
    assert result.status == 3 and result.out == ""
    measured = json.loads(enarx("measure", "--json").ok().out)["mrenclave"]
    for part in ("sgx_mrenclave", f"expected {other}", f"found {measured}", "what that gives up",
                 "under [sgx]", "nothing of the workload was sent"):
        assert part in result.err, result.err
    assert newest(agent)["state"] == "ended" and newest(agent)["received_bytes"] < 2000
    line = re.search(r"^ +(mrenclaves = .*)$", result.err, re.M)[1]
    deploy("--policy", policy(f'tees = ["sgx"]\n[sgx]\n{line}\n'), tool, "exit", 0).ok()
    (event,) = events(deploy("--json", "--policy", policy(path.read_text().replace(
        measured, other)), tool))
    assert (event["check"], event["expected"], event["found"], event["sent"]) == (
        "sgx_mrenclave", other, measured, False)
    assert event["policy"][0]["line"] == line


BAD_POLICIES = {
    "any program": ('tees = ["sgx"]\n', "names no program"),
    "a kind without one": (f'tees = ["snp"]\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "names no"),
    "nonce": (f'nonce = "aa"\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "nonce"),
    "report data": (f'report_data = "{"aa" * 64}"\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "nonce"),
    "purpose": (f'purpose = "inspect"\n[sgx]\nmrenclaves = ["{"aa" * 32}"]\n', "purpose"),
    "unknown key": ("tee = 1\n", r"policy.toml:1:1: .*tee"),
}


@pytest.mark.once
@pytest.mark.parametrize("which", BAD_POLICIES)
def test_policies_that_say_too_little_or_what_cannot_be(enarx, tool, policy, which):
    text, said = BAD_POLICIES[which]
    enarx("deploy", "--to", "127.0.0.1:1", "--policy", policy(text), tool).refused(said)


def test_a_policy_may_name_the_workload(enarx, deploy, tool, policy):
    measured = json.loads(enarx("measure", "--json").ok().out)["mrenclave"]
    rest = f'tees = ["sgx"]\n[sgx]\nmrenclaves = ["{measured}"]\n'
    wanted = events(deploy("--json", tool, "exit", 0))[1]["workload_digest"]
    path = policy(f'workload = "{wanted}"\n{rest}')
    deploy("--policy", path, tool, "exit", 0).ok()
    deploy("--policy", path, tool, "exit", 1).refused("not the workload", status=3)


@pytest.mark.once
@pytest.mark.parametrize("host", ["", "https://host", "host:0", "a/b", "host:port", "user@host"])
def test_hosts_that_are_none(enarx, tool, host):
    enarx("deploy", "--to", host, tool).refused("--to", status=2)


@pytest.mark.once
def test_usage(enarx, tool, tmp_path):
    enarx("deploy", tool).refused("needs --to HOST", status=2)
    enarx("deploy", "--to", "h").refused("APP.wasm", status=2)
    words = ("deploy", "--to", "127.0.0.1:1", "--detach")
    enarx(*words, "--timeout", "1s", tool).refused("--timeout", status=2)
    enarx(*words, "--dir-out", f"/x::{tmp_path / 'x'}", tool).refused("--dir-out", status=2)
    enarx(*words, "--client-key", tool, tool).refused("--client-cert", status=2)
    enarx(*words, "--allow-simulated", tool, tool).refused("no certificate")
    enarx(*words, "--allow-simulated", tmp_path / "none", tool).refused("cannot read")


@pytest.mark.once
def test_nobody_there(enarx, tool):
    enarx("deploy", "--to", "127.0.0.1:1", tool).refused("127.0.0.1:1", "enarx host")
    enarx("deploy", "--to", "no-such-host.invalid", tool).refused("no host no-such-host.invalid")
    event = events(enarx("deploy", "--json", "--to", "127.0.0.1:1", tool))
    assert [(e["event"], e["status"]) for e in event] == [("failed", 1)]


@pytest.mark.once
def test_something_else_there(enarx, tool):
    """A host that speaks TLS and HTTP, and no agent's."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        threading.Thread(target=lambda: server.accept()[0].sendall(b"220 hello\r\n" * 100)).start()
        result = enarx("deploy", "--to", f"127.0.0.1:{server.getsockname()[1]}", tool)
    result.refused("cannot ask 127.0.0.1")
