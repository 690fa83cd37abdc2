# SPDX-License-Identifier: Apache-2.0
"""The table of backends itself, and a line for each backend that nothing runs on here."""

import re

import pytest

from backends import ALL, BACKENDS, LONG, NOT_ON, ON_EVERY_BACKEND
from conftest import ROOT

HERE = ROOT / "tests/e2e"


@pytest.mark.parametrize("backend", BACKENDS)
def test_backend_is_tested(request, backend):
    why = request.config.why_not[backend]
    if why is not None:
        pytest.skip(f"{backend}, and every test that runs a module on it: {why}")


@pytest.mark.parametrize("table", [NOT_ON, LONG], ids=["not on", "long"])
def test_exceptions_name_tests(table):
    text = "".join((HERE / f"{module}.py").read_text() for module in ON_EVERY_BACKEND)
    for backend, tests in table.items():
        assert backend in ALL
        for name in tests:
            assert re.search(rf"^def {name.partition('[')[0]}\(", text, re.M), name
