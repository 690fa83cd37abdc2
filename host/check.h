/* SPDX-License-Identifier: Apache-2.0 */
/* Every check of a host that holds keeps off the machine, its owner's files and each other,
 * in one list, so that a test build can leave out one and see which test fails
 * (tools/checklist-host).
 *
 * X(name, attack, kind)
 *   name    CHECK(name, condition), and CHECKED(name, value, what it would be without)
 *   attack  the item of the checklist that it stands for, if any, and what it withstands
 *   kind    what proves it: UNIT tests/unit; ROOT the same, as a user who may have what a
 *           keep is not to */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include "base/without.h"

/* clang-format off */
/* What a keep asks of the port: host/port_host.c, host/handles.c. */
#define HOST_CHECKS_PORT(X)                                                  \
    X(port_verb, "HO1: verbs that there are not", UNIT)                      \
    X(port_in, "HO1: more input than a verb takes", UNIT)                    \
    X(port_out, "HO1: more output than there is room for", UNIT)             \
    X(port_zero, "HO1: fields that ought to be zero", UNIT)                  \
    X(port_rows, "HO1: a poll whose rows do not add up", UNIT)               \
    X(port_clock, "HO1: clocks that there are not", UNIT)                    \
    X(port_offset, "HO1: beyond the end of a blob", UNIT)                    \
    X(port_answer, "HO1: a backend that claims more than it gave", UNIT)     \
    X(port_errno, "errors that no port has", UNIT)                           \
    X(port_endpoint, "HO2: endpoints that there are not", UNIT)              \
    X(port_once, "HO2: an endpoint twice", UNIT)                             \
    X(port_file, "HO2: files that there are not", UNIT)                      \
    X(port_store, "HO13: more than may be stored", UNIT)                     \
    X(port_messages, "HO6: a flood of messages", UNIT)                       \
    X(port_escape, "HO6: messages that steer a terminal", UNIT)              \
    X(port_lines, "HO6: messages that look like another keep's", UNIT)       \
    X(handle_number, "HO1: numbers that are no handles", UNIT)               \
    X(handle_open, "HO2: handles that were closed", UNIT)                    \
    X(handle_most, "HO13: more handles than there is room for", UNIT)        \
    X(handle_standard, "HO2: the agent's own streams", UNIT)

/* What a keep's process gives up: host/sandbox.c, host/keep.c, host/confine.c. */
#define HOST_CHECKS_SANDBOX(X)                                               \
    X(sandbox_calls, "HO3: calls that are not needed", UNIT)                 \
    X(sandbox_kill, "HO3: a keep that tries calls beside its kernel", UNIT)  \
    X(sandbox_memory, "HO3: memory both writable and executable", UNIT)      \
    X(sandbox_signals, "HO3: signals to others", UNIT)                       \
    X(sandbox_limits, "HO3: limits that are raised again", UNIT)             \
    X(sandbox_connect, "HO3: connections by another call", UNIT)             \
    X(sandbox_clone, "HO3: processes of its own", UNIT)                      \
    X(sandbox_threads, "HO3: threads that it was not to have", UNIT)         \
    X(sandbox_commands, "HO3: commands to devices", UNIT)                    \
    X(sandbox_capabilities, "HO4: capabilities", ROOT)                       \
    X(sandbox_privileges, "HO4: privileges of programs", UNIT)               \
    X(sandbox_descriptors, "HO4: more descriptors than it needs", UNIT)      \
    X(sandbox_locked, "HO4: locked memory", UNIT)                            \
    X(sandbox_core, "HO12: core dumps", UNIT)                                \
    X(sandbox_dumpable, "HO12: debuggers of the same user", UNIT)            \
    X(sandbox_personality, "HO4: readable is executable", UNIT)              \
    X(keep_descriptors, "HO2: descriptors of who started it", UNIT)          \
    X(keep_silent, "HO12: a workload's words in the agent's log", UNIT)      \
    X(keep_environment, "HO12: the environment of who started it", UNIT)     \
    X(keep_sandbox, "HO3: a keep without a sandbox", UNIT)                   \
    X(keep_isolation, "HO4: a keep that could not be isolated", UNIT)        \
    X(keep_deadline, "HO7: a keep that never ends", UNIT)                    \
    X(keep_patience, "HO7: a keep that ignores its user", UNIT)              \
    X(keep_report, "HO1: an end that was not told", UNIT)                    \
    X(keep_counters, "HO1: counters that there are not", UNIT)               \
    X(confine_files, "HO4: files, of a process without a keep's sandbox", UNIT)

/* What else is a keep's own: host/isolate.c. */
#define HOST_CHECKS_ISOLATION(X)                                             \
    X(isolate_process, "HO4: other processes", UNIT)                         \
    X(isolate_network, "HO4: the network", UNIT)                             \
    X(isolate_ipc, "HO4: IPC objects", UNIT)                                 \
    X(isolate_name, "HO4: the host's name", UNIT)                            \
    X(isolate_root, "HO4: the host's files", UNIT)                           \
    X(isolate_writes, "HO4: files in its empty root", UNIT)                  \
    X(isolate_user, "HO4: the agent's user", ROOT)                           \
    X(isolate_groups, "HO4: the agent's groups", ROOT)                       \
    X(isolate_nobody, "HO4: root as its user", ROOT)

/* What it leaves in its user's folders: host/output.c, host/beneath.c. */
#define HOST_CHECKS_OUTPUT(X)                                                \
    X(output_directory, "HO2: folders that nobody asked for", UNIT)          \
    X(output_path, "HO2: paths out of the folder", UNIT)                     \
    X(output_follow, "HO2: symlinks on the way", UNIT)                       \
    X(output_target, "HO2: symlinks out of the folder", UNIT)                \
    X(output_bytes, "HO13: more than may be written", UNIT)                  \
    X(output_files, "HO13: more files than may be written", UNIT)            \
    X(output_record, "HO1: records of other kinds and sizes", UNIT)          \
    X(output_end, "HO1: more after the end", UNIT)                           \
    X(output_whole, "HO13: an archive that is cut", UNIT)                    \
    X(output_permissions, "HO2: programs that run as another user", UNIT)
/* What a machine is made with, how it is left, and what it gets: host/kvm/room.c, vm.c, turn.c,
 * window.c, interrupt.c. */
#define HOST_CHECKS_KVM(X)                                                   \
    X(kvm_room_sum, "HO5: sizes whose sum is a small one", UNIT)             \
    X(kvm_room_most, "HO5: more memory than there are addresses for", UNIT)  \
    X(kvm_room_whole, "HO5: a part of a page", UNIT)                         \
    X(kvm_nested, "HO1: machines inside the machine", UNIT)                  \
    X(kvm_reason, "HO8: exits that are no call", UNIT)                       \
    X(kvm_out, "HO1: reads from the port", UNIT)                             \
    X(kvm_port, "HO1: other ports", UNIT)                                    \
    X(kvm_size, "HO1: calls of another size", UNIT)                          \
    X(kvm_count, "HO1: calls by the dozen", UNIT)                            \
    X(kvm_call, "HO1: calls that there are not", UNIT)                       \
    X(kvm_dead, "HO1: ends that there are not", UNIT)                        \
    X(kvm_stop, "HO1: reasons for an end that there are not", UNIT)          \
    X(kvm_probed, "HO8: a probe that ended in another way", UNIT)            \
    X(kvm_data, "HO1: an exit's data where none can be", UNIT)               \
    X(kvm_window_first, "HO1: runs of exec that there are not", UNIT)        \
    X(kvm_window_count, "HO1: more of exec than the window holds", UNIT)     \
    X(kvm_window_end, "HO1: what lies behind exec in its file", UNIT)        \
    X(kvm_interrupt, "HO7: a machine that computes for ever", UNIT)          \
    X(kvm_patience, "HO7: a call of the port's that never ends", UNIT)

/* Who may hold up others: net/link.c, net/watchdog.c. */
#define HOST_CHECKS_CLIENTS(X)                                               \
    X(link_turn, "HO13: a client that sends without end, and never data", UNIT) \
    X(watchdog_cut, "a server that does, to libcurl", UNIT)
/* clang-format on */

#define HOST_CHECKS(X)       \
    HOST_CHECKS_PORT(X)      \
    HOST_CHECKS_SANDBOX(X)   \
    HOST_CHECKS_ISOLATION(X) \
    HOST_CHECKS_OUTPUT(X)    \
    HOST_CHECKS_KVM(X)       \
    HOST_CHECKS_CLIENTS(X)

enum host_check { HOST_CHECK_NONE, HOST_CHECKS(CHECK_NUMBER) };

#endif
