# SPDX-License-Identifier: Apache-2.0
"""enarx platform info: what this machine can do, and why not more."""

import json
import os
import re

import pytest


@pytest.fixture(scope="module")
def info(enarx):
    return json.loads(enarx("platform", "info", "--json").ok().out)


def test_json(info, enarx):
    assert {"version", "system", "selected", "backends"} <= info.keys()
    assert enarx("--version").out.split()[-1] == info["version"]
    for backend in info["backends"]:
        assert backend.keys() == {"name", "available", "confidential", "probes"}
        for probe in backend["probes"]:
            assert probe.keys() == {"what", "ok", "why"}
            assert probe["what"] and probe["why"] and isinstance(probe["ok"], bool)


def test_available_means_every_probe_passed(info):
    for backend in info["backends"]:
        assert backend["available"] == all(p["ok"] for p in backend["probes"])


def test_nil(info):
    (nil,) = [b for b in info["backends"] if b["name"] == "nil"]
    assert nil["available"] and not nil["confidential"]


def test_selected_is_available(info):
    assert info["selected"] in [b["name"] for b in info["backends"] if b["available"]]


def test_text(enarx, info):
    out = enarx("platform", "info").ok().out
    for backend in info["backends"]:
        assert backend["name"] in out
        for probe in backend["probes"]:
            assert probe["what"] in out and probe["why"] in out
    assert info["selected"] in out and info["version"] in out


def test_only_backends_that_exist(enarx, info):
    """Nothing is listed that cannot be asked for."""
    for backend in info["backends"]:
        result = enarx("run", "--backend", backend["name"], "/no/such/file")
        if backend["available"]:
            assert "no such file" in result.err.lower(), repr(result)
        else:
            missing = next(p for p in backend["probes"] if not p["ok"])
            result.refused(re.escape(missing["why"]), "platform info")


def test_kvm(info):
    """Never confidential; and where it does not work, the last probe made says why."""
    (kvm,) = [b for b in info["backends"] if b["name"] == "kvm"]
    assert not kvm["confidential"]
    last = kvm["probes"][-1]
    if kvm["available"]:
        assert (last["what"], last["why"]) == ("A guest in user mode and back", "works")
    else:
        assert [p["why"] for p in kvm["probes"] if not p["ok"]][0]
    for kernel in (p for p in kvm["probes"] if p["what"] == "Kernel"):
        assert kernel["ok"], "it is told, and no reason to refuse"
        assert f"Linux {os.uname().release[:40]}" in kernel["why"]


def test_sgx(info):
    """Whatever the machine: named, confidential, and honest about what is untried."""
    (sgx,) = [b for b in info["backends"] if b["name"] == "sgx"]
    assert sgx["confidential"]
    assert {"Processor with SGX", "Driver"} <= {p["what"] for p in sgx["probes"]}
    (quoting,) = [p for p in sgx["probes"] if p["what"] == "Quoting service"]
    assert quoting["ok"], "needed for evidence alone"


def test_environment_chooses(enarx, tool):
    result = enarx("run", "--json", tool, "args", env={"ENARX_BACKEND": "nil"})
    assert json.loads(result.err.splitlines()[-1])["backend"] == "nil"


def test_option_beats_environment(enarx, tool):
    result = enarx.run("--backend", "nil", tool, "args", env={"ENARX_BACKEND": "moon"})
    assert result.status == 0, repr(result)
