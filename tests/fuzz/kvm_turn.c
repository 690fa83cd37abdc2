/* SPDX-License-Identifier: Apache-2.0 */
/* A monitor's turns against a guest that leaves in any way, with any data, and with any
 * bytes in the block: it runs on only after a call or a wish that can be granted, and writes
 * nowhere but to its window and the frame. */
/* links: host/kvm/turn.c host/kvm/window.c host/port_host.c host/port_usher.c host/handles.c shim/core/shared.c base/cur.c base/put.c base/escape.c */
#include "host/kvm/turn.h"
#include "host/port_host.h"
#include "tests/fuzz/target.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GUARD     4096u
#define EXEC_SIZE (KVM_KEEP_RUN_SIZE * 3 + 100)

static union {
    struct kvm_run run;
    uint8_t bytes[3 * 4096];
} page;

static uint8_t block[PORT_BLOCK_SIZE] aligned_to(4096);
static uint8_t window[GUARD + KVM_KEEP_WINDOW_SIZE + GUARD];
static struct keep_report report;
static struct keep keep = {.code_fd = -1, .usher_fd = -1};
static struct port_host *host;
static uint8_t *exec; /* of exactly that size */

static void set_up(void)
{
    const int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    keep.log_fd = null;
    keep.log_level = PORT_LOG_DEBUG;
    keep.manifest = bytes_of_text("manifest");
    exec = malloc(EXEC_SIZE);
    memset(exec, 0x11, EXEC_SIZE);
    if (null < 0 || port_host_new(&keep, &report, null, &host) < 0)
        abort();
}

/* What the kernel fills in, except that here it lies as well. */
static void leave(struct cur *c)
{
    page.run.exit_reason = cur_u8(c);
    page.run.io.direction = cur_u8(c) & 1;
    page.run.io.size = cur_u8(c);
    page.run.io.port = cur_le16(c);
    page.run.io.count = cur_le32(c);
    page.run.io.data_offset = cur_le64(c);
    if (page.run.io.data_offset <= sizeof(page) - 4) {
        const uint32_t value = cur_le32(c);
        memcpy(page.bytes + page.run.io.data_offset, &value, sizeof(value));
    }
}

static void serve(struct cur *c)
{
    struct port_frame frame = {.verb = cur_u8(c)};
    if (frame.verb == PORT_EXIT)
        return;
    for (size_t i = 0; i < 4; i++)
        frame.arg[i] = cur_le64(c);
    frame.in_size = cur_le64(c);
    frame.out_size = cur_le64(c);
    if (frame.verb == PORT_POLL) /* it would wait */
        frame.arg[0] = 0;
    memcpy(block + PORT_FRAME_OFFSET, &frame, sizeof(frame));
    port_host_serve(host, (struct shared *)block);
}

static void fill(const struct kvm_left *left)
{
    const struct window_wish wish = kvm_turn_wish(left);
    const struct bytes file = {.data = exec, .size = EXEC_SIZE};
    const bool possible = wish.count <= KVM_KEEP_WINDOW_RUNS && wish.first < 4;
    memset(window, 0xee, sizeof(window));
    if (window_fill(window + GUARD, file, wish) != possible)
        abort();
    for (size_t i = 0; i < GUARD; i++) {
        if (window[i] != 0xee || window[GUARD + KVM_KEEP_WINDOW_SIZE + i] != 0xee)
            abort();
    }
}

/* False: it does not go on. */
static bool one_turn(struct cur *c)
{
    const char *why = NULL;
    leave(c);
    const struct kvm_left left = kvm_turn_read(&page.run, sizeof(page));
    const enum kvm_turn turn = kvm_turn_take(&left, &why);
    if ((turn == KVM_TURN_END) != (why != NULL))
        abort();
    if ((turn == KVM_TURN_SERVE || turn == KVM_TURN_EXEC) &&
        (page.run.exit_reason != KVM_EXIT_IO || page.run.io.port != KVM_KEEP_PORT ||
         page.run.io.direction != KVM_EXIT_IO_OUT || page.run.io.size != 4 ||
         page.run.io.count != 1))
        abort();
    if (turn == KVM_TURN_SERVE)
        serve(c);
    if (turn == KVM_TURN_EXEC)
        fill(&left);
    (void)kvm_turn_probed(&left);
    return turn != KVM_TURN_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (host == NULL)
        set_up();
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    for (size_t i = 0; i < 16 && cur_left(&c) > 0 && one_turn(&c); i++)
        ;
    return 0;
}
