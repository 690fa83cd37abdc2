/* SPDX-License-Identifier: Apache-2.0 */
/* Every guest's test with every attack that is worth it; see main.c. */
#define EVERY_GUEST(X, item, attack)                                                              \
    X(item, "hello", attack, 0, 0), X(item, "touch", attack, 0, 0), X(item, "jit", attack, 0, 0), \
        X(item, "wx", attack, 0, 0), X(item, "remap", attack, 0, 0),                              \
        X(item, "discard", attack, 0, 0), X(item, "heap", attack, 0, 0),                          \
        X(item, "image", attack, 0, 0), X(item, "segv", attack, 0, 0),                            \
        X(item, "illegal", attack, 0, 0), X(item, "division", attack, 0, 0),                      \
        X(item, "other_stack", attack, 0, 0), X(item, "own", attack, 0, 0),                       \
        X(item, "overflow_caught", attack, 0, 0), X(item, "across_syscall", attack, 0, 0),        \
        X(item, "across_touch", attack, 0, 0), X(item, "initial", attack, 0, 0),                  \
        X(item, "unknown", attack, 0, 0), X(item, "pointers_own", attack, 0, 0),                  \
        X(item, "verbs", attack, 0, 0), X(item, "clocks", attack, 0, 0),                          \
        X(item, "random", attack, 0, 0), X(item, "futex", attack, 0, 0),                          \
        X(item, "evidence", attack, 0, 0), X(item, "every_verb", attack, 0, 0)

/* Results that no verb may have, and those that one of its kind may not. */
#define BAD_FOR_ALL(verb)                                                       \
    STOP("SB5", "every_verb", "answer_value", PORT, verb, (uint64_t)INT64_MIN), \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, (uint64_t)-1),    \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, (uint64_t)-3),    \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, (uint64_t)-4095), \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, (uint64_t)-4096)
#define BAD_SIZE(verb)                                                    \
    STOP("SB5", "every_verb", "answer_value", PORT, verb, 65),            \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, INT64_MAX), \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, 1ull << 32)
#define BAD_ZERO(verb)                                        \
    STOP("SB5", "every_verb", "answer_value", PORT, verb, 1), \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, INT64_MAX)
#define BAD_HANDLE(verb)                                                        \
    STOP("SB5", "every_verb", "answer_value", PORT, verb, PORT_HANDLE_MAX + 1), \
        STOP("SB5", "every_verb", "answer_value", PORT, verb, INT64_MAX)

#define BAD_ARGUMENT(n)                                      \
    STOP("SB1", "hello", "arg_inside", BLOCK, n, 0),         \
        STOP("SB1", "hello", "arg_at_base", BLOCK, n, 0),    \
        STOP("SB1", "hello", "arg_at_the_end", BLOCK, n, 0), \
        STOP("SB1", "hello", "arg_unaligned", BLOCK, n, 0),  \
        STOP("SB1", "hello", "arg_null", BLOCK, n, 0)

/* Ten of one attack, with values from `n` on. */
#define TEN(attack, n)                                                                        \
    DIES("SX11", "hello", attack, n, 0), DIES("SX11", "hello", attack, (n) + 1, 0),           \
        DIES("SX11", "hello", attack, (n) + 2, 0), DIES("SX11", "hello", attack, (n) + 3, 0), \
        DIES("SX11", "hello", attack, (n) + 4, 0), DIES("SX11", "hello", attack, (n) + 5, 0), \
        DIES("SX11", "hello", attack, (n) + 6, 0), DIES("SX11", "hello", attack, (n) + 7, 0), \
        DIES("SX11", "hello", attack, (n) + 8, 0), DIES("SX11", "hello", attack, (n) + 9, 0)

#define LIES(test, lie)                                                   \
    DIES("SX14", test, "lie", lie, 1), DIES("SX14", test, "lie", lie, 5), \
        DIES("SX14", test, "lie", lie, 40)

/* tests/e2e/test_sandbox.py tries that filter. */
#define KERNEL_CALLS "system calls, which the host's kernel answers, behind a filter"

/* Tests that have a meaning on some technologies alone: why on no other. */
static const struct {
    const char *test;
    const char *technologies;
    const char *why;
} only[] = {
    {"evidence", "sgx", "quotes; a machine's host makes statements"},
    {"statement", "kvm", "statements; enclaves have quotes"},
    {"shim_memory", "kvm", "the shim's memory; an enclave does not keep its shim from its exec"},
    {"breakpoint", "kvm nil", "INT3, which ends an enclave's process before anybody is asked"},
    {"store_tables", "kvm", "descriptor tables, which UMIP hides; an enclave's are the kernel's"},
    {"pointers_own", "sgx kvm", KERNEL_CALLS},
    {"pointers_foreign", "sgx kvm", KERNEL_CALLS},
    {"pointers_long", "sgx kvm", KERNEL_CALLS},
    {"return_from", "sgx kvm", KERNEL_CALLS},
    {"return_to_stack", "sgx kvm", KERNEL_CALLS},
    {"return_to_code", "sgx kvm", KERNEL_CALLS},
    {"return_with_vectors", "sgx kvm", KERNEL_CALLS},
    {"signal_on_stack", "sgx kvm", KERNEL_CALLS},
    {"signal_on_other", "sgx kvm", KERNEL_CALLS},
    {"remap", "sgx kvm", KERNEL_CALLS},
    {"unknown", "sgx kvm", KERNEL_CALLS},
    {"cpuid", "sgx kvm", KERNEL_CALLS},
    {"exit_group", "sgx kvm", KERNEL_CALLS},
    {"deadlock", "sgx kvm", KERNEL_CALLS},
    {"verbs", "sgx kvm", "verbs of the shim's own"},
    {"initial", "sgx kvm", "registers at the start, which a process has from its loader"},
};

/* An instruction that is not for exec. */
#define PRIVILEGED(test) STOP("SX10", test, "none", FATAL, 0, 0)

/* An exception that the processor did not make, offered while exec runs. */
#define CLAIM(vector, why) STOP("SX10", "spin", "claim_in_exec", why, vector, 0)

static const struct attempt attempts[] = {
    EVERY_GUEST(PASS, "", "none"),
    PASS("", "sparse", "none", 0, 0),
    PASS("SX1", "direction", "none", 0, 0),
    EVERY_GUEST(PASS, "SX1", "dirty"),
    EVERY_GUEST(PASS, "SX5", "look"),
    PASS("", "hello", "strict", 0, 0),
    PASS("", "jit", "strict", 0, 0),
    PASS("", "across_touch", "strict", 0, 0),
    PASS("SX12", "cpuid", "cpuid_faults", 0, 0),

    PASS("SX6", "hello", "stack_nowhere", 0, 0),
    PASS("SX6", "hello", "stack_inside", 0, 0),

    /* guests that break a promise */
    FAIL("SX15", "write_code", "signal 11"),
    FAIL("SX15", "write_constant", "signal 11"),
    FAIL("SX15", "run_data", "signal 11"),
    FAIL("SX15", "run_stack", "signal 11"),
    FAIL("SX15", "run_constant", "signal 11"),
    FAIL("SX15", "write_gate", "signal 11"),
    FAIL("", "read_zero_page", "signal 11"),
    FAIL("", "overflow", "signal 11"),
    FAIL("", "abort_self", "signal 6"),
    FAIL("", "exit_group", "status 3"),
    FAIL("", "deadlock", "waits for a thread"),
    PRIVILEGED("halt"),
    PRIVILEGED("port_in"),
    PRIVILEGED("port_out"),
    PRIVILEGED("port_leave"),
    PRIVILEGED("breakpoint"),
    PRIVILEGED("invalid"),
    PRIVILEGED("interrupt"),

    END("", "jump_to_zero"), /* on SGX it is in the shim's part of the enclave */

    /* pointers to what is not the guest's */
    PASS("SB1", "shim_memory", "none", 0, 0),
    PASS("SB1", "pointers_foreign", "none", 0, 0),
    PASS("SB1", "pointers_long", "none", 0, 0),
    FAIL("SB1", "return_from", "by no valid frame"),
    FAIL("SB1", "return_to_stack", "by no valid frame"),
    FAIL("SB1", "return_to_code", "by no valid frame"),
    FAIL("SB1", "return_with_vectors", "by no valid frame"),
    FAIL("SB1", "signal_on_stack", "no stack to take signal on 4"),
    FAIL("SB1", "signal_on_other", "no stack to take signal on 4"),

    /* instructions of ring 0 */
    PRIVILEGED("load_tables"),
    PRIVILEGED("load_interrupts"),
    PRIVILEGED("load_task"),
    PRIVILEGED("load_local"),
    PRIVILEGED("load_segment"),
    PRIVILEGED("load_from_local"),
    PRIVILEGED("far_jump"),
    PRIVILEGED("store_tables"),
    PRIVILEGED("write_msr"),
    PRIVILEGED("read_msr"),
    PRIVILEGED("write_cr3"),
    PRIVILEGED("write_cr4"),
    PRIVILEGED("write_dr7"),
    PRIVILEGED("write_xcr0"),
    PRIVILEGED("drop_page"),
    PRIVILEGED("interrupts_on"),
    END("SX10", "return_to_ring_0"),
    PRIVILEGED("non_canonical"),

    STOP("SB1", "hello", "base", BLOCK, 0, 0),
    STOP("SB1", "hello", "size_odd", BLOCK, 1, 0),
    STOP("SB1", "hello", "size_odd", BLOCK, 4096, 0),
    STOP("SB1", "hello", "size_huge", BLOCK, 0, 0),
    STOP("SB21", "touch", "size_small", MEMORY, 0, 0),
    BAD_ARGUMENT(0),
    BAD_ARGUMENT(1),
    BAD_ARGUMENT(2),
    STOP("SB1", "hello", "arg_straddles", BLOCK, 0, 0), /* the tree is less than a page */
    STOP("SB1", "hello", "arg_straddles", BLOCK, 1, 0),
    STOP("SB1", "hello", "arg_wraps", BLOCK, 0, 0),
    STOP("SB1", "hello", "arg_wraps", BLOCK, 1, 0),
    STOP("SB1", "hello", "boot_magic", BLOCK, 0, 0),
    STOP("SB1", "hello", "boot_version", BLOCK, 0, 0),
    STOP("SB1", "hello", "boot_reserved", BLOCK, 0, 0),

    /* what exec writes by itself: as it is, or how much of it */
    SAYS("HO12", "writes", "none", "a local run's text"),
    SAYS("HO12", "writes", "deploy", "bytes that exec wrote to its standard error: 18"),
    PASS("HO12", "own_words", "deploy", 0, 0),

    STOP("TREE", "image", "page_bit", PAGE, 0, 0),
    STOP("TREE", "image", "page_bit", PAGE, 2, 0),
    STOP("TREE", "image", "page_bit", PAGE, 30, 0),
    STOP("TREE", "image", "page_bit", PAGE, 60, 0),
    STOP("TREE", "image", "pages_swapped", PAGE, 0, 0),
    STOP("TREE", "image", "run_moved", PAGE, 0, 0),
    STOP("TREE", "image", "node_bit", PAGE, 0, 0),
    STOP("TREE", "image", "window_bit", PAGE, 0, 0),
    STOP("TREE", "image", "window_bit", PAGE, 1, 0),
    STOP("TREE", "image", "window_empty", PAGE, 0, 0),
    STOP("TREE", "image", "window_empty", PAGE, 1, 0),

    BAD_FOR_ALL(PORT_READ),
    BAD_SIZE(PORT_READ),
    BAD_FOR_ALL(PORT_WRITE),
    BAD_SIZE(PORT_WRITE),
    BAD_FOR_ALL(PORT_CLOSE),
    BAD_ZERO(PORT_CLOSE),
    BAD_FOR_ALL(PORT_SHUTDOWN),
    BAD_ZERO(PORT_SHUTDOWN),
    BAD_FOR_ALL(PORT_LISTEN),
    BAD_HANDLE(PORT_LISTEN),
    BAD_FOR_ALL(PORT_ACCEPT),
    BAD_HANDLE(PORT_ACCEPT),
    BAD_FOR_ALL(PORT_CONNECT),
    BAD_HANDLE(PORT_CONNECT),
    BAD_FOR_ALL(PORT_POLL),
    STOP("SB5", "every_verb", "answer_value", PORT, PORT_POLL, 9),
    BAD_FOR_ALL(PORT_CLOCK),
    BAD_FOR_ALL(PORT_EXCHANGE),
    BAD_FOR_ALL(PORT_STORE),
    BAD_SIZE(PORT_STORE),
    PASS("SB5", "every_verb", "answer_most", 0, 0),
    STOP("SB17", "hello", "answer_exit", ENDED, 0, 0),

    PASS("QUOTE", "no_evidence", "quote_other", 0, 0),
    PASS("QUOTE", "no_evidence", "quote_short", 0, 0),
    PASS("QUOTE", "statement", "none", 0, 0),
    PASS("QUOTE", "no_evidence", "statement_other", 0, 0),
    PASS("QUOTE", "no_evidence", "statement_form", 0, 0),
    PASS("QUOTE", "no_evidence", "statement_short", 0, 0),

    PASS("SX13", "clocks", "clock_lies", 0, 0),
    PASS("SX13", "clocks", "clock_back", 0, 0),

    STOP("SX9", "hello", "again", ENDED, 0, 0),
    STOP("SX9", "touch", "resume_stopped", ENDED, 0, 0),
    STOP("SX8", "segv", "nest", ENTRY, 3, 1),
    STOP("SX8", "segv", "nest", ENTRY, 3, 2),
    PASS("SX9", "hello", "resume_nothing", 0, 0),
    STOP("SX11", "touch", "enter_twice", ENTRY, 0, 0),
    DIES("SX10", "touch", "claim", 0, 0),
    DIES("SX10", "segv", "claim_stepping", 997, 0),
    STOP("SX10", "spin", "claim_later", EXCEPTION, 0, 0),
    /* an interrupt's frame is offered as an exception's, wherever it comes: from the start
     * on, and at each instruction behind an answer */
    TEN("claim_stepping", 1),
    TEN("claim_stepping", 11),
    TEN("claim_stepping", 20),
    TEN("claim_stepping", 30),
    TEN("claim_stepping", 40),
    TEN("claim_stepping", 100),
    TEN("claim_stepping", 1000),
    TEN("claim_stepping", 20000),
    TEN("claim_at", 1),
    TEN("claim_at", 11),
    TEN("claim_at", 21),
    TEN("claim_at", 31),
    TEN("claim_at", 41),
    TEN("claim_at", 51),
    TEN("claim_at", 61),
    TEN("claim_at", 71),
    TEN("claim_at", 81),
    TEN("claim_at", 91),
    STOP("FAULT", "touch", "take_pages", FAULT, 0, 0),
    CLAIM(0, FATAL),
    CLAIM(1, FATAL),
    CLAIM(2, FATAL),
    CLAIM(6, FATAL),
    CLAIM(7, FATAL),
    CLAIM(8, FATAL),
    CLAIM(11, FATAL),
    CLAIM(12, FATAL),
    CLAIM(13, FATAL),
    CLAIM(14, FAULT),
    CLAIM(16, FATAL),
    CLAIM(17, FATAL),
    CLAIM(18, FATAL),
    CLAIM(19, FATAL),
    DIES("SX11", "hello", "claim_in_shim", 1, 0),
    DIES("SX11", "hello", "claim_in_shim", 6, 0),
    DIES("SX11", "hello", "claim_in_shim", 0, 0),
    DIES("SN6", "every_verb", "interrupt", 32, 0),
    DIES("SN6", "every_verb", "interrupt", 255, 0),

    /* 1 skip, 2 duplicate, 3 wrong page, 4 wrong permission */
    LIES("touch", 1),
    DIES("SX14", "touch", "lie", 2, 1),
    DIES("SX14", "touch", "lie", 2, 5),
    DIES("SX14", "touch", "lie", 2, 400), /* pages that the guest comes back to */
    DIES("SX14", "touch", "lie", 2, 1000),
    DIES("SX14", "jit", "lie", 2, 1),
    DIES("SX14", "jit", "lie", 2, 5),
    LIES("touch", 3),
    DIES("SX14", "jit", "lie", 4, 1),
    DIES("SX14", "jit", "lie", 4, 3), /* the second takes X away: there is no W to keep */
    DIES("SX14", "heap", "lie", 4, 1),

    /* each run another course */
    STOP("SB2", "every_verb", "race", PORT, 0, 0),
    STOP("SB2", "every_verb", "race", PORT, 1, 0),
    STOP("SB2", "every_verb", "race", PORT, 2, 0),
    STOP("SB2", "every_verb", "race", PORT, 3, 0),

    /* that an attack is counted when it is made, and then alone */
    MISS("", "hello", "answer_value", PORT_READ, 65),
    MISS("", "hello", "clock_lies", 0, 0),
};
