# SPDX-License-Identifier: Apache-2.0
"""Deployments to an agent of the tests, by the command. Fixtures: a module that imports them
has them, and all that they ask for."""

import json

import pytest

from agent import Agent
from backends import PROVE_NOTHING, allowing
from tls import openssl


@pytest.fixture(scope="module")
def agent(enarx):
    enarx.env["ENARX_LOG"] = "info"
    with Agent(enarx) as agent:
        yield agent


@pytest.fixture(scope="module")
def target(enarx, agent, root):
    """How to get at a keep of the backend that is looked at."""
    address = f"127.0.0.1:{agent.port}"
    return ["--to", address, "--backend", enarx.backend, allowing(enarx.backend, root)]


@pytest.fixture
def deploy(enarx, target):
    def run(*words, **options):
        return enarx("deploy", "--quiet", *target, *words, **options)

    return run


@pytest.fixture
def begin(enarx, target):
    """A deployment under way."""

    def run(*words, **options):
        return enarx.popen("deploy", "--quiet", *target, *words, **options)

    return run


def events(result):
    return [json.loads(line) for line in result.err.splitlines() if line.startswith("{")]


def newest(agent):
    return agent.get("/v1/keeps")["keeps"][0]


def only_simulated(enarx):
    if enarx.backend in PROVE_NOTHING:
        pytest.skip(f"{enarx.backend}: proves nothing that a policy could look at")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """A server's certificate, for its address, and a person's; each its own authority."""
    folder = tmp_path_factory.mktemp("pki")
    for name, extra in ("server", ["-addext", "subjectAltName=IP:127.0.0.1"]), ("person", []):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj",
                f"/CN={name}", *extra, cwd=folder)
    for path in folder.iterdir():
        path.chmod(0o600)
    return folder
