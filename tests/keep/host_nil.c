/* SPDX-License-Identifier: Apache-2.0 */
/* The nil backend among the technologies: guests that must die, and no host that lies, since
 * there the host is trusted. */
#define _GNU_SOURCE
#include "tests/keep/host.h"

#include "tests/keep/attacks.h"
#include "tests/keep/nil_guest.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void open_shim(const char *path) { (void)path; }
static void start(struct host *h) { (void)h; }

/* Where the guest's messages go. */
static int catch_messages(void)
{
    const int messages = memfd_create("messages", MFD_CLOEXEC);
    host_must(messages >= 0 && dup2(messages, STDERR_FILENO) >= 0, "messages");
    return messages;
}

static void tell_messages(int messages)
{
    char text[2048] = "";
    const ssize_t size = pread(messages, text, sizeof(text) - 1, 0);
    host_must(size >= 0, "messages");
    if (size > 0 && text[size - 1] == '\n')
        text[size - 1] = '\0';
    host_said(text);
}

_Noreturn static void loop(struct host *h)
{
    char line[64];
    int code = 0;
    const int messages = catch_messages();
    const enum nil_end end = nil_guest_run(h->guest, h->test, &code);
    tell_messages(messages);
    if (end == NIL_EXIT)
        host_finish(END_EXIT, (uint64_t)code << 8 | PORT_END_DONE);
    if (end == NIL_SIGNAL) {
        snprintf(line, sizeof(line), "exec was ended by signal %d", code);
        host_said(line);
    }
    host_finish(END_EXIT, 1 << 8 | PORT_END_FAILED);
}

static const struct attack attacks_of_nil[] = {{.name = NULL}};

const struct kind nil_kind = {
    .name = "nil",
    .attacks = attacks_of_nil,
    .process = true,
    .open = open_shim,
    .start = start,
    .loop = loop,
};
