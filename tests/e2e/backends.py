# SPDX-License-Identifier: Apache-2.0
"""Which tests run on which backends. Those of the modules listed here that drive the
command run once for each backend of the list that works here, but for what is excepted."""

import os

ALL = ("nil", "sgx-sim", "kvm")
# Of them, what ENARX_TEST_BACKENDS names.
BACKENDS = tuple(b for b in ALL if b in os.environ.get("ENARX_TEST_BACKENDS", " ".join(ALL)).split())

# Their host could read and alter all that is in their keeps, whatever these say.
PROVE_NOTHING = ("nil", "kvm")

ON_EVERY_BACKEND = (
    "test_bad_input",
    "test_cache",
    "test_config",
    "test_deploy",
    "test_deploy_attacks",
    "test_deploy_collateral",
    "test_deploy_ends",
    "test_deploy_load",
    "test_deploy_login",
    "test_deploy_network",
    "test_examples",
    "test_files",
    "test_keep_command",
    "test_limits",
    "test_needed_calls",
    "test_net",
    "test_run",
    "test_sandbox",
    "test_tls",
    "test_wasi",
)

ONE_CPU = "a keep has one CPU, and its exec starts no thread"

NO_MACHINE = "there is no machine to run"

# Never: the property is another one there. {backend: {test: reason}}
NOT_ON = {
    "nil": {"test_filtered_before_the_machine_runs": NO_MACHINE},
    "sgx-sim": {
        "test_filtered_before_the_machine_runs": NO_MACHINE,
        "test_more_cpus_compile_together": ONE_CPU,
        "test_damaged_key": "the key of its code cache is the processor's, and in no file",
    },
    "kvm": {"test_more_cpus_compile_together": ONE_CPU},
}

# With CHECK_LONG=1 only: a keep compiles on one CPU, and what these say there is said by
# shorter tests too. A name may be followed by one of the test's parameters.
INTERPRETER = "compiles an interpreter or a virtual machine"
LONG_IN_A_KEEP = {
    **{f"test_readme[{x}]": INTERPRETER for x in ("java", "javascript", "python", "ruby")},
    "test_a_thousand_runs_leave_nothing": "a thousand starts",
    "test_listener_beside_a_directory[go]": "compiles Go's runtime, as examples do",
    "test_web_server_over_tls[go]": "compiles Go's runtime, as examples do",
    "test_one_gibibyte_from_standard_input_to_standard_output": "a million calls of the port",
    "test_progress_on_a_terminal_only": "compiles Go's runtime, as examples do",
}
LONG = {"sgx-sim": LONG_IN_A_KEEP, "kvm": LONG_IN_A_KEEP}


# What is less where the processor is emulated, which ENARX_TEST_LIGHT=1 says: (usually, there),
# and, if it differs, there where it says "all".
AMOUNTS = {
    "commands at once": (8, 2),
    "connections one after the other": (1000, 20),
    "deployments at once": (12, 2),
    "deployments one after the other": (40, 10, 50),
    "MiB through a stream": (1024, 1),
    "runs one after the other": (1000, 20, 100),
    "seconds of a time limit": (3, 3),
}
LIGHT = os.environ.get("ENARX_TEST_LIGHT")


def amount(what):
    usual, *there = AMOUNTS[what]
    return there[-1 if LIGHT == "all" else 0] if LIGHT else usual


def allowing(backend, root):
    """The option of `enarx deploy` that takes its keeps. `root` is the simulation's."""
    return "--allow-insecure" if backend in PROVE_NOTHING else f"--allow-simulated={root}"


def excepted(backend, test, parameters):
    """Why a test is left out on a backend, or None."""
    names = {test, *(f"{test}[{value}]" for value in parameters.values())}
    for name, reason in NOT_ON.get(backend, {}).items():
        if name in names:
            return reason
    for name, reason in LONG.get(backend, {}).items():
        if LIGHT and reason != INTERPRETER:
            continue
        if name in names and not os.environ.get("CHECK_LONG"):
            return f"{reason}: set CHECK_LONG=1"
    if LIGHT and test == "test_readme":
        return "its lines are run by tools/check-kvm, with Winch"
    return None
