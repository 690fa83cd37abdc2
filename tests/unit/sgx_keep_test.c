/* SPDX-License-Identifier: Apache-2.0 */
/* The loader over a device that is none: it notes what it is asked and plays an
 * enclave that leaves as a script says, trashing what an enclave may trash. */
/* links: host/sgx/keep.c host/inside.c host/sgx/enter.S host/sgx/turn.c host/port_host.c host/port_usher.c host/handles.c shim/core/shared.c base/cur.c base/put.c base/escape.c */
#define _GNU_SOURCE
#include "host/sgx/keep.h"

#include "host/port_host.h"
#include "host/sgx/enter.h"
#include "host/sgx/image.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BASE 0x7f0000000000ull

/* ---- what the loader links with elsewhere ---- */

static uint8_t page[SGX_PAGE];
static uint8_t tree[1];

int sgx_image_parse(struct bytes file, struct sgx_image *image)
{
    (void)file;
    *image = (struct sgx_image){
        .runs = {{.offset = 0, .size = SGX_PAGE, .data = page, .flags = 0x205},
                 {.offset = 0x2000, .size = SGX_PAGE, .data = page, .flags = 0x100}},
        .count = 2,
        .entry = 0x2000,
    };
    return 0;
}
void sgx_image_fini(struct sgx_image *image) { *image = (struct sgx_image){0}; }
struct bytes sgx_shim_file(void) { return (struct bytes){0}; }
struct bytes exec_image_tree(void) { return (struct bytes){tree, sizeof(tree)}; }

/* ---- the device ---- */

static struct {
    char log[512];
    int fail_init;
    int64_t result; /* of every operation on pages */
    size_t quote_size;
} device;

format_like(1, 2) static void note(const char *format, ...)
{
    const size_t length = strlen(device.log);
    va_list args;
    va_start(args, format);
    vsnprintf(device.log + length, sizeof(device.log) - length, format, args);
    va_end(args);
}

static int dev_open(void)
{
    note("open ");
    return 0;
}
static int dev_create(struct sgx_secs *secs)
{
    assert_int_equal((uintptr_t)secs % SGX_PAGE, 0);
    note("create:%llx,%u,%x,%llx,%llx ", (unsigned long long)secs->size, secs->ssa_frame_size,
         secs->miscselect, (unsigned long long)secs->attributes.flags,
         (unsigned long long)secs->attributes.xfrm);
    assert_int_equal(secs->base, 0); /* nothing of the host's where null leads */
    secs->base = BASE;
    return 0;
}
static int dev_add(uint64_t offset, const void *from, uint64_t size, uint64_t flags)
{
    assert_ptr_equal(from, page);
    note("add:%llx,%llx,%llx ", (unsigned long long)offset, (unsigned long long)size,
         (unsigned long long)flags);
    return 0;
}
static int dev_init(const struct sgx_sigstruct *s)
{
    note("init:%x", s->date);
    return device.fail_init;
}
static int dev_restrict(uint64_t offset, uint64_t size, uint64_t permissions)
{
    note("restrict:%llx,%llx,%llx ", (unsigned long long)offset, (unsigned long long)size,
         (unsigned long long)permissions);
    return (int)device.result;
}
static int dev_trim(uint64_t offset, uint64_t size)
{
    note("trim:%llx,%llx ", (unsigned long long)offset, (unsigned long long)size);
    return (int)device.result;
}
static int dev_remove(uint64_t offset, uint64_t size)
{
    note("remove:%llx,%llx ", (unsigned long long)offset, (unsigned long long)size);
    return (int)device.result;
}
static int dev_target(struct sgx_targetinfo *target)
{
    memset(target, 0x11, sizeof(*target));
    return 0;
}
static int dev_sign(const struct sgx_report *report, uint8_t *quote, size_t *size)
{
    memset(quote, report->mac[15], *size);
    *size = device.quote_size;
    return 0;
}

/* ---- the enclave ---- */

struct exit {
    uint32_t leaf; /* expected at the entry */
    uint32_t function;
    uint64_t rdi, rsi;
    uint16_t vector;
};
static const struct exit *script;
static const struct exit *exits_begin;
static uint64_t entered[3]; /* rdi, rsi, rdx */
static struct shared *block;

/* Asks for the time, and after that looks whether it came. */
static void call(bool asked)
{
    struct port_frame frame;
    shared_read(block, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    if (asked && frame.result <= 0)
        _exit(76);
    frame = (struct port_frame){.verb = PORT_CLOCK};
    shared_write(block, PORT_FRAME_OFFSET, &frame, sizeof(frame));
}

static int enclave(unsigned long rdi, unsigned long rsi, unsigned long rdx, unsigned int function,
                   unsigned long r8, unsigned long r9, struct sgx_enclave_run *run)
{
    const struct exit *e = script++;
    const uint32_t mxcsr = 0x9fc0; /* other rounding, flushes to zero */
    const uint16_t cw = 0x0f7f;
    if (function != e->leaf || run->tcs != BASE + 0x2000 || r8 != 0 || r9 != 0)
        _exit(77);
    entered[0] = rdi, entered[1] = rsi, entered[2] = rdx;
    if (block == NULL)
        block = (struct shared *)rdi;
    else if (rdi != 0 || rsi != 0 || rdx != 0)
        _exit(75); /* arguments are of the first entry alone */
    if (e->function == SGX_EEXIT && e->rdi == SGX_KEEP_EXIT_PORT)
        call(e > exits_begin && e[-1].rdi == SGX_KEEP_EXIT_PORT);
    run->function = e->function;
    run->exception_vector = e->vector;
    run->exception_addr = e->rdi;
    __asm__ volatile("ldmxcsr %0; fldcw %1; fld1; fld1" : : "m"(mxcsr), "m"(cw));
    const sgx_enclave_user_handler_t handler = (sgx_enclave_user_handler_t)run->user_handler;
    return handler((long)e->rdi, (long)e->rsi, 0, 0, 0, 0, run);
}

static vdso_sgx_enter_enclave_t dev_entry(void) { return enclave; }

static struct sgx_device fake = {
    .name = "a device",
    .open = dev_open,
    .create = dev_create,
    .add = dev_add,
    .init = dev_init,
    .restrict_permissions = dev_restrict,
    .trim = dev_trim,
    .remove = dev_remove,
    .entry = dev_entry,
    .quote_target = dev_target,
    .quote_sign = dev_sign,
};

/* ---- preparing ---- */

static struct sgx_sigstruct sigstruct = {.date = 0x20261125};
static struct keep keep;

static int prepare(void **state)
{
    (void)state;
    memset(&device, 0, sizeof(device));
    keep = (struct keep){.boot = {.cpus = 8},
                         .exec = {.data = {page, sizeof(page)}, .fd = -1},
                         .code_fd = -1,
                         .log_fd = STDERR_FILENO,
                         .signature = {(const uint8_t *)&sigstruct, sizeof(sigstruct)}};
    return sgx_prepare(&fake, &keep);
}

static void is_built_in_order(void **state)
{
    (void)state;
    assert_string_equal(device.log, "open create:1000000000,1,1,4,7 add:0,1000,205 "
                                    "add:2000,1000,100 init:20261125");
    assert_int_equal(keep.boot.cpus, 1);
    assert_non_null(keep.verbs);
}

static void refused_signatures_are_an_error(void **state)
{
    (void)state;
    device.fail_init = -EPERM;
    assert_int_equal(sgx_prepare(&fake, &keep), -EPERM);
    device.fail_init = -EACCES;
    assert_int_equal(sgx_prepare(&fake, &keep), -EACCES);
    keep.signature.size--;
    assert_int_equal(sgx_prepare(&fake, &keep), -EINVAL);
}

/* ---- verbs ---- */

static int64_t memory(uint64_t operation, uint64_t address, uint64_t pages, uint64_t permissions)
{
    const uint64_t arg[4] = {operation, address, pages, permissions};
    device.log[0] = '\0';
    return keep.verbs->memory(arg);
}

static void pages_of_the_enclave_alone(void **state)
{
    (void)state;
    const uint64_t end = BASE + SGX_KEEP_SIZE;
    assert_int_equal(memory(SGX_KEEP_RESTRICT, BASE + 0x5000, 2, SGX_R), 0);
    assert_string_equal(device.log, "restrict:5000,2000,1 ");
    assert_int_equal(memory(SGX_KEEP_TRIM, BASE, SGX_KEEP_SIZE / SGX_PAGE, 0), 0);
    assert_string_equal(device.log, "trim:0,1000000000 ");
    assert_int_equal(memory(SGX_KEEP_REMOVE, end - SGX_PAGE, 1, 0), 0);
    assert_string_equal(device.log, "remove:ffffff000,1000 ");
    device.result = -ENOMEM;
    assert_int_equal(memory(SGX_KEEP_TRIM, BASE, 1, 0), -ENOMEM);

    static const uint64_t many[] = {0, SGX_KEEP_SIZE / SGX_PAGE + 1, 1ull << 52, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(many); i++)
        assert_int_equal(memory(SGX_KEEP_TRIM, BASE, many[i], 0), -EINVAL);
    const uint64_t outside[] = {0, BASE - SGX_PAGE, BASE + 1, end, UINT64_MAX - 4095};
    for (size_t i = 0; i < ARRAY_COUNT(outside); i++)
        assert_int_equal(memory(SGX_KEEP_TRIM, outside[i], 1, 0), -EINVAL);
    assert_int_equal(memory(SGX_KEEP_TRIM, end - SGX_PAGE, 2, 0), -EINVAL);
    assert_int_equal(memory(SGX_KEEP_RESTRICT, BASE, 1, 8), -EINVAL);
    assert_int_equal(memory(0, BASE, 1, 0), -EINVAL);
    assert_int_equal(memory(4, BASE, 1, 0), -EINVAL);
    assert_string_equal(device.log, ""); /* the device never heard of it */
}

static int64_t quote(uint64_t operation, size_t in_size, size_t out_size, uint8_t *out)
{
    static uint8_t in[4096];
    const uint64_t arg[4] = {operation};
    in[431] = 0x22;
    return keep.verbs->quote(arg, (struct bytes){in, in_size}, out, out_size);
}

static void quotes_fit_their_room(void **state)
{
    (void)state;
    static uint8_t out[SGX_QUOTE_MAX + 1];
    device.quote_size = 5000;
    assert_int_equal(quote(SGX_KEEP_QUOTE_TARGET, 0, 512, out), 512);
    assert_int_equal(out[511], 0x11);
    assert_int_equal(quote(SGX_KEEP_QUOTE_TARGET, 0, 511, out), -EINVAL);
    assert_int_equal(quote(SGX_KEEP_QUOTE_TARGET, 1, 512, out), -EINVAL);
    assert_int_equal(quote(SGX_KEEP_QUOTE_SIGN, 432, 5000, out), 5000);
    assert_int_equal(out[4999], 0x22);
    assert_int_equal(quote(SGX_KEEP_QUOTE_SIGN, 432, 4999, out), -EMSGSIZE);
    assert_int_equal(quote(SGX_KEEP_QUOTE_SIGN, 431, 5000, out), -EINVAL);
    assert_int_equal(quote(SGX_KEEP_QUOTE_SIGN, 433, 5000, out), -EINVAL);
    device.quote_size = SGX_QUOTE_MAX + 1; /* a device that lies */
    assert_int_equal(quote(SGX_KEEP_QUOTE_SIGN, 432, sizeof(out), out), -EMSGSIZE);
    assert_int_equal(quote(3, 432, 5000, out), -EINVAL);
}

/* ---- turns ---- */

#define EXIT_PORT(leaf)                             \
    {                                               \
        (leaf), SGX_EEXIT, SGX_KEEP_EXIT_PORT, 0, 0 \
    }
#define EXIT_RESUME(leaf)                             \
    {                                                 \
        (leaf), SGX_EEXIT, SGX_KEEP_EXIT_RESUME, 0, 0 \
    }
#define EXIT_DEAD(leaf, why)                            \
    {                                                   \
        (leaf), SGX_EEXIT, SGX_KEEP_EXIT_DEAD, (why), 0 \
    }
#define EXCEPTION(leaf)              \
    {                                \
        (leaf), SGX_ERESUME, 0, 0, 6 \
    }

static void count(uint64_t *values) { values[COUNTER_MODEL_COUNT - 1] = 77; }

static struct keep_report *report; /* the child's too */

/* Runs the script in a child; what that says goes to `said`. Its exit status. */
static int play(const struct exit *exits, char said[static 256])
{
    int fds[2];
    int status;
    assert_int_equal(pipe(fds), 0);
    memset(report, 0, sizeof(*report));
    keep.counters = &report->counters;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        script = exits_begin = exits;
        if (port_host_new(&keep, report, -1, &keep.host) < 0)
            _exit(78);
        sgx_enter(&keep);
    }
    close(fds[1]);
    ssize_t size = read(fds[0], said, 255);
    said[size < 0 ? 0 : size] = '\0';
    close(fds[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void each_exit_has_its_entry(void **state)
{
    (void)state;
    static const struct exit exits[] = {
        EXCEPTION(SGX_EENTER),
        EXIT_RESUME(SGX_EENTER),
        EXIT_PORT(SGX_ERESUME),
        EXIT_PORT(SGX_EENTER),
        EXIT_DEAD(SGX_EENTER, SGX_KEEP_STOP_CPU),
    };
    char said[256];
    assert_int_equal(play(exits, said), 1);
    assert_string_equal(said,
                        "enarx: the keep stopped: the processor or the enclave's signature is "
                        "not as a keep needs it: see 'enarx platform info' and 'enarx "
                        "measure'\n");
}

static void each_exit_is_counted(void **state)
{
    (void)state;
    static const struct exit exits[] = {
        EXCEPTION(SGX_EENTER),
        EXIT_RESUME(SGX_EENTER),
        {SGX_ERESUME, SGX_ERESUME, 0, 0, 14},
        EXIT_RESUME(SGX_EENTER),
        {SGX_ERESUME, SGX_ERESUME, 0, 0, 19},
        EXIT_RESUME(SGX_EENTER),
        EXIT_PORT(SGX_ERESUME),
        EXIT_DEAD(SGX_EENTER, SGX_KEEP_STOP_CPU),
    };
    static const uint64_t expected[COUNTER_LOADER_COUNT] = {
        [COUNTER_enter] = 4,           [COUNTER_resume] = 3,       [COUNTER_exit_port] = 1,
        [COUNTER_exit_resume] = 3,     [COUNTER_exception_ud] = 1, [COUNTER_exception_pf] = 1,
        [COUNTER_exception_other] = 1,
    };
    char said[256];
    assert_int_equal(play(exits, said), 1);
    assert_int_equal(report->counters.known, COUNTER_LOADER_COUNT);
    assert_memory_equal(report->counters.value, expected, sizeof(expected));
    fake.counters = count; /* a device that counts itself */
    assert_int_equal(play(exits, said), 1);
    fake.counters = NULL;
    assert_int_equal(report->counters.known, COUNTER_LOADER_COUNT + COUNTER_MODEL_COUNT);
    assert_memory_equal(report->counters.value, expected, sizeof(expected));
    assert_int_equal(report->counters.value[COUNTER_LOADER_COUNT + COUNTER_MODEL_COUNT - 1], 77);
}

static void wrong_turns_end_it(void **state)
{
    (void)state;
    static const struct exit none[] = {{SGX_EENTER, SGX_EEXIT, 99, 0, 0}};
    static const struct exit early[] = {EXIT_RESUME(SGX_EENTER)};
    static const struct exit nested[] = {EXCEPTION(SGX_EENTER), EXCEPTION(SGX_EENTER),
                                         EXCEPTION(SGX_EENTER)};
    static const struct exit lost[] = {{SGX_EENTER, SGX_EENTER, 0, 0, 13}};
    static const struct exit *const all[] = {none, early, nested, lost};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        char said[256];
        assert_int_equal(play(all[i], said), 1);
        assert_int_equal(strncmp(said, "enarx: the keep stopped: ", 25), 0);
    }
}

/* ---- one entry ---- */

static void an_entry_leaves_no_trace(void **state)
{
    (void)state;
    static const struct exit exits[] = {{SGX_EENTER, SGX_EEXIT, 41, 42, 0}};
    struct sgx_enclave_run run = {.tcs = BASE + 0x2000,
                                  .user_handler = (uintptr_t)sgx_exit_handler};
    struct sgx_entry entry = {.rdi = 1, .rsi = 2, .rdx = 3, .leaf = SGX_EENTER, .run = &run};
    uint32_t mxcsr;
    uint16_t cw;
    uint16_t status;
    run.user_data = (uintptr_t)&entry;
    script = exits;
    assert_int_equal(sgx_enter_once(enclave, &entry), 0);
    __asm__ volatile("stmxcsr %0; fnstcw %1; fnstsw %2" : "=m"(mxcsr), "=m"(cw), "=m"(status));
    assert_int_equal(mxcsr & 0xffc0, 0x1f80); /* control bits: the psABI's */
    assert_int_equal(cw, 0x37f);
    assert_int_equal(status & 0x3800, 0); /* the stack is empty */
    assert_int_equal(entered[0], 1);
    assert_int_equal(entered[1], 2);
    assert_int_equal(entered[2], 3);
    assert_int_equal(entry.exit_rdi, 41);
    assert_int_equal(entry.exit_rsi, 42);
}

int main(void)
{
    report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(is_built_in_order, prepare),
        cmocka_unit_test_setup(refused_signatures_are_an_error, prepare),
        cmocka_unit_test_setup(pages_of_the_enclave_alone, prepare),
        cmocka_unit_test_setup(quotes_fit_their_room, prepare),
        cmocka_unit_test_setup(each_exit_has_its_entry, prepare),
        cmocka_unit_test_setup(each_exit_is_counted, prepare),
        cmocka_unit_test_setup(wrong_turns_end_it, prepare),
        cmocka_unit_test_setup(an_entry_leaves_no_trace, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
