# SPDX-License-Identifier: Apache-2.0
"""`enarx deploy` before a keep that is none: tests/deploy/impostor.c has evidence by the
simulation's own keys, wrong in one field at a time. Right in all of them it is believed,
so that each refusal is because of that one."""

import json
import os
import re

import pytest

from agent import until
from hostile_agent import Impostor

MARKER = "QnJlYWtNZQ-impostor-marker"


@pytest.fixture(scope="module")
def measurement(enarx):
    return json.loads(enarx("measure", "--backend", "sgx", "--json").ok().out)["mrenclave"]


@pytest.fixture(scope="module")
def impostor(enarx, simulation, measurement, tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("impostor"), []

    def start(*words):
        words = ("--mrenclave", measurement, *words)
        made.append(Impostor(folder, simulation, enarx.env, *words))
        return made[-1]

    yield start
    for each in made:
        each.stop()


@pytest.fixture(scope="module")
def words(tool, simulation):
    def make(host, *options):
        allow = f"--allow-simulated={simulation / 'root.pem'}"
        to = ("--to", host.address, "--backend", "sgx-sim")
        return ("deploy", *to, allow, *options, tool, MARKER)

    return make


@pytest.fixture(scope="module")
def deploy(enarx, words):
    return lambda host, *options: enarx(*words(host, *options))


@pytest.fixture(scope="module")
def deploying(enarx, words):
    return lambda host: enarx.popen(*words(host))


@pytest.fixture(scope="module", autouse=True)
def stalled(impostor, deploying):
    """A deployment to a keep that says nothing."""
    host = impostor("--wrong", "silent", "--timeout", 300)
    process = deploying(host)
    until(lambda: host.process)
    return process


def reasons(result):
    """The checks that did not pass, of a verdict."""
    return set(re.findall(r"^  ([a-z_0-9]+): ", result.err, re.MULTILINE))


def sent(host):
    """What the keep that is none got to see."""
    return [line.split()[0] for line in host.heard()]


def test_one_that_is_right_is_believed(impostor, deploy):
    host = impostor()
    result = deploy(host)
    assert (result.status, result.out) == (7, "hello\n"), repr(result)
    heard = sent(host)
    if "STDIN" in heard:  # its end, when that was there in time
        heard.remove("STDIN")
    assert heard == ["CHALLENGE", "WORKLOAD", "CREDIT", "end"]


# What is wrong, and the reason that has to be given: the check's name.
EMPTY = {
    "nonce": "claims_nonce",
    "no-nonce": "claims_nonce",
    "short-nonce": "claims_nonce",
    "exporter": "claims_exporter",
    "no-exporter": "claims_exporter",
    "key": "claims_key",
    "purpose-inspect": "claims_purpose",
    "purpose-ready": "claims_purpose",
    "purpose-longer": "claims_purpose",
    "unbound": "binding",
    "measurement": "sgx_mrenclave",
    "no-measurement": "sgx_mrenclave",
    "debug": "sgx_debug",
    "provision": "sgx_provision_key",
    "not-initialised": "sgx_init",
    "nothing": "proves nothing",
    "cut-one": "quote_format",
    "cut-half": "quote_format",
    "flip-body": "quote_signature",
    "flip-signature": "quote_signature",
}
READY = {
    **{name: reason for name, reason in EMPTY.items() if name != "purpose-ready"},
    "purpose-empty": "claims_purpose",
    "workload": "claims_workload",
    "no-workload": "claims_workload",
}


@pytest.mark.parametrize("wrong", EMPTY)
def test_nothing_is_sent_to_one_that_proves_otherwise(impostor, deploy, wrong):
    host = impostor("--wrong", f"empty-{wrong}")
    result = deploy(host)
    assert (result.status, result.out) == (3, "") and EMPTY[wrong] in result.err, repr(result)
    assert reasons(result) <= {EMPTY[wrong]}, repr(result)
    assert result.lines[-1] == "enarx: nothing of the workload was sent"
    assert sent(host) == ["CHALLENGE", "end"]


@pytest.mark.parametrize("wrong", READY)
def test_nothing_comes_of_one_that_has_something_else(impostor, deploy, wrong):
    """It has the workload by then; the owner believes nothing that it says."""
    host = impostor("--wrong", f"ready-{wrong}")
    result = deploy(host)
    assert (result.status, result.out) == (3, "") and READY[wrong] in result.err, repr(result)
    assert reasons(result) <= {READY[wrong]}, repr(result)
    assert "whose evidence had been accepted" in result.lines[-1]
    assert sent(host) == ["CHALLENGE", "WORKLOAD", "end"]


def test_a_root_that_is_not_named(impostor, deploy, enarx, tool):
    host = impostor()
    result = enarx("deploy", "--to", host.address, "--backend", "sgx-sim", tool, MARKER)
    assert (result.status, result.out) == (3, "") and "simulat" in result.err, repr(result)
    assert host.process is None or sent(host) == ["CHALLENGE", "end"]


# ---- keeps that do not keep to the channel ----

RULES = {
    "ready-first": "out of place",
    "twice": "out of place",
    "no-ready": "out of place",
    "exit-first": "out of place",
    "after-end": "out of place",
    "owners": "malformed",
    "unknown": "malformed",
    "huge": "malformed",
    "exit-odd": "malformed",
    "window": "more than there was credit for",
    "credit": "more than there was credit for",
    "no-exit": "cut short",
    "cut": "cut short",
}


@pytest.mark.parametrize("wrong", RULES)
def test_rules_of_the_channel(impostor, deploy, wrong):
    host = impostor("--wrong", wrong)
    result = deploy(host)
    assert result.status == 1 and RULES[wrong] in result.lines[-1], repr(result)
    assert "WORKLOAD" not in sent(host) or wrong not in ("ready-first", "owners", "unknown", "huge")


def test_other_secrets(impostor, deploy):
    result = deploy(impostor("--wrong", "secrets"), "--secret", "A=b")
    assert (result.status, result.out) == (3, "") and "other secrets" in result.err, repr(result)


def test_what_a_keep_says_does_not_drive_the_terminal(impostor, deploy):
    """Before it has proved anything, and as if it were the command that spoke."""
    result = deploy(impostor("--wrong", "log", "--timeout", 1))
    assert result.status == 1 and "\x1b" not in result.err and "\x07" not in result.err
    assert not any(line.startswith("enarx: all is well") for line in result.lines), repr(result)


# ---- streams in the clear ----

CLEAR = """
[[files]]
kind = "stdin"

[[files]]
kind = "listen"
name = "web"
prot = "tcp"
port = 8080
{meant}
[[files]]
kind = "connect"
host = "127.0.0.1"
name = "database"
prot = "tcp"
{meant}"""


@pytest.fixture
def deploy_clear(enarx, tool, simulation, tmp_path):
    def run(host, backend, meant, *options):
        config = tmp_path / "Enarx.toml"
        config.write_text(CLEAR.format(meant=meant))
        allow = f"--allow-simulated={simulation / 'root.pem'}"
        to = ("--to", host.address, "--backend", backend, allow)
        return enarx("deploy", *to, "--config", config, *options, tool, MARKER)

    return run


def test_a_stream_in_the_clear_has_to_be_meant(impostor, deploy_clear):
    """Where the keep is to be a TEE's: the host is not even asked."""
    host = impostor()
    for options in ((), ("--quiet",), ("--allow-insecure",)):
        result = deploy_clear(host, "sgx", "", *options)
        result.refused(r"Enarx.toml:5:3: .*not encrypted.*insecure = true")
        deploy_clear(host, "sgx", "insecure = false", *options).refused(r"insecure = true")
    assert host.requests == []


def test_streams_in_the_clear_are_named(impostor, deploy_clear):
    host = impostor()
    result = deploy_clear(host, "sgx", "insecure = true")
    assert (result.status, result.out) == (7, "hello\n"), repr(result)
    (line,) = [line for line in result.lines if "encrypted" in line]
    assert line.endswith("anybody on the way can read and change it: web, database"), repr(result)
    assert "WORKLOAD" in sent(host)


def test_a_simulation_says_more_than_a_stream_in_the_clear(impostor, deploy_clear):
    host = impostor()
    result = deploy_clear(host, "sgx-sim", "")
    assert (result.status, result.out) == (7, "hello\n"), repr(result)
    assert "could read and alter all that is sent there" in result.err, repr(result)
    assert not any("encrypted" in line for line in result.lines), repr(result)
    assert "WORKLOAD" in sent(host)


@pytest.mark.parametrize("options", [["--tls12"], ["--no-alpn"]])
def test_another_protocol(impostor, deploy, options):
    host = impostor(*options)
    assert deploy(host).status == 1
    assert sent(host) == ["end"]


def waited_for(process):
    """It gave up, and said so."""
    out, err = process.communicate(timeout=800)
    return process.returncode == 1 and out == b"" and b"timed out" in err


def test_silence(stalled):
    """Is not waited for without end: it began with the first of these tests."""
    assert waited_for(stalled)


@pytest.mark.skipif("CHECK_LONG" not in os.environ, reason="ten minutes: set CHECK_LONG=1")
def test_silence_with_a_workload(impostor, deploying):
    """A keep may look at gigabytes for a while."""
    assert waited_for(deploying(impostor("--wrong", "silent-loaded", "--timeout", 900)))
