/* SPDX-License-Identifier: Apache-2.0 */
/* Serves a keep's calls; see port_host.h. Trusts nothing in the block. */
#define _GNU_SOURCE
#include "host/port_host.h"

#include "base/escape.h"
#include "host/check.h"
#include "host/handles.h"
#include "host/port_usher.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LABEL_MAX 256u /* bytes of a keep's label that are shown */

/* Messages of a keep that belongs to somebody else are few, or not worth reading. */
#define LOG_COUNT_MAX 100u

struct port_host {
    struct keep *keep;
    struct keep_report *report;
    int output_fd;
    uint64_t code_size; /* bytes stored for the code cache */
    uint64_t claims_size;
    uint64_t evidence_size;
    unsigned log_count;            /* messages so far, of a deployment */
    bool told_full;                /* that there are no more descriptors */
    unsigned long long files_most; /* descriptors that this system allows it */
    struct handles handles;
    struct port_usher *usher; /* null: none */
};

/* One call, decoded: the frame is a private copy, `in` and `out` lie in the block. */
struct request {
    struct port_frame frame;
    const uint8_t *in;
    uint8_t *out;
};

static int64_t serve_exit(struct port_host *h, const struct request *r)
{
    h->report->end = (uint32_t)r->frame.arg[0];
    h->report->status = (uint32_t)r->frame.arg[1];
    h->report->set = 1;
    _exit(0);
}

static bool is_deployment(const struct port_host *h) { return h->keep->boot.mode == BOOT_DEPLOY; }

/* Whether one more message may be shown. */
static bool count_message(struct port_host *h)
{
    static const char more[] = "enarx: more messages of this keep are not shown\n";
    if (!is_deployment(h))
        return true;
    if (CHECK(port_messages, h->log_count < LOG_COUNT_MAX)) {
        h->log_count++;
        return true;
    }
    if (h->log_count == LOG_COUNT_MAX)
        (void)!write(h->keep->log_fd, more, strlen(more));
    h->log_count = LOG_COUNT_MAX + 1;
    return false;
}

/* One message of at most PORT_LOG_MAX bytes. Control characters would let a keep rewrite its
 * operator's terminal. Lines are for who runs a program of their own: a deployment's are the
 * agent's, who tells keeps apart by them. */
static int64_t say(struct port_host *h, struct bytes message)
{
    static const char prefix[] = "enarx: ";
    const char *label = h->keep->label == NULL ? "" : h->keep->label;
    char line[sizeof(prefix) + ESCAPE_GROWTH * (LABEL_MAX + PORT_LOG_MAX) + 3];
    if (!count_message(h))
        return 0;
    struct bytes name = {.data = (const uint8_t *)label, .size = strnlen(label, LABEL_MAX)};
    memcpy(line, prefix, strlen(prefix));
    size_t length = strlen(prefix);
    length += escape_controls(name, "", line + length);
    if (name.size > 0) {
        line[length++] = ':';
        line[length++] = ' ';
    }
    const char *kept = CHECKED(port_lines, is_deployment(h), false) ? "" : "\n\t";
    length += escape_controls(message, CHECKED(port_escape, kept, "\n\t\a\b\r\x1b"), line + length);
    line[length++] = '\n';
    ssize_t written = write(h->keep->log_fd, line, length);
    return written < 0 && errno == EPIPE ? -EPIPE : 0;
}

static int64_t serve_log(struct port_host *h, const struct request *r)
{
    uint8_t text[PORT_LOG_MAX];
    const uint64_t level = r->frame.arg[0];
    if (level > PORT_LOG_DEBUG)
        return -EINVAL;
    if (level > h->keep->log_level)
        return 0;
    const struct bytes message = {.data = text, .size = (size_t)r->frame.in_size};
    memcpy(text, r->in, message.size);
    return say(h, message);
}

static int64_t serve_read(struct port_host *h, const struct request *r)
{
    if (r->frame.arg[1] & ~(uint64_t)PORT_READ_PEEK)
        return -EINVAL;
    bool peek = r->frame.arg[1] & PORT_READ_PEEK;
    return handle_read(&h->handles, r->frame.arg[0], r->out, (size_t)r->frame.out_size, peek);
}

static int64_t serve_write(struct port_host *h, const struct request *r)
{
    return handle_write(&h->handles, r->frame.arg[0], r->in, (size_t)r->frame.in_size);
}

static int64_t serve_close(struct port_host *h, const struct request *r)
{
    return handle_close(&h->handles, r->frame.arg[0]);
}

static int64_t serve_shutdown(struct port_host *h, const struct request *r)
{
    static const int how[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
    if (r->frame.arg[1] == 0 || r->frame.arg[1] >= sizeof(how) / sizeof(how[0]))
        return -EINVAL;
    return handle_shutdown(&h->handles, r->frame.arg[0], how[r->frame.arg[1]]);
}

/* Of a deployment nobody knew the streams before. */
static int64_t serve_usher(struct port_host *h, uint32_t verb, uint64_t index, struct bytes place)
{
    if (h->usher == NULL)
        return -ENOSYS;
    const int fd = port_usher_open(h->usher, verb, index, place);
    return fd < 0 ? fd : handle_add(&h->handles, fd);
}

/* Sockets that were opened before the keep started; each is handed out once: two
 * handles on one descriptor would outlive it. */
static int64_t serve_endpoint(struct port_host *h, const struct request *r)
{
    uint64_t index = r->frame.arg[0];
    const struct bytes place = {.data = r->in, .size = (size_t)r->frame.in_size};
    if (place.size > 0)
        return serve_usher(h, r->frame.verb, index, place);
    if (!CHECK(port_endpoint, index < h->keep->endpoint_count) || h->keep->endpoints[index].fd < 0)
        return -ENOENT;
    int fd = h->keep->endpoints[index].fd;
    h->keep->endpoints[index].fd = CHECKED(port_once, -1, fd);
    return handle_add(&h->handles, fd);
}

/* Once: connections come and go, and those that wait may be taken yet. */
static void tell_full(struct port_host *h)
{
    char text[PORT_LOG_MAX];
    if (h->told_full)
        return;
    h->told_full = true;
    snprintf(text, sizeof(text),
             "connections wait: this keep has all the descriptors that it may have; it holds "
             "%u handles at most, and this system allows it %llu open files (ulimit -Hn)",
             HANDLES_MAX, h->files_most);
    (void)say(h, bytes_of_text(text));
}

static int64_t serve_accept(struct port_host *h, const struct request *r)
{
    const int64_t handle = handle_accept(&h->handles, r->frame.arg[0]);
    if (handle == -EMFILE)
        tell_full(h);
    return handle;
}

static int64_t serve_poll(struct port_host *h, const struct request *r)
{
    size_t size = (size_t)r->frame.in_size;
    if (!CHECK(port_rows, size % PORT_POLL_ROW == 0 && r->frame.out_size == size))
        return -EINVAL;
    return handle_poll(&h->handles, r->in, r->out, size / PORT_POLL_ROW, r->frame.arg[0]);
}

static int64_t serve_clock(maybe_unused struct port_host *h, const struct request *r)
{
    static const clockid_t ids[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    if (!CHECK(port_clock, r->frame.arg[0] < sizeof(ids) / sizeof(ids[0])))
        return -EINVAL;
    struct timespec now;
    clock_gettime(ids[r->frame.arg[0]], &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* A blob of the keep's own, or of its run. 0 or -errno. */
static int find_blob(const struct keep *k, uint64_t kind, uint64_t index, struct bytes *out)
{
    switch (kind) {
    case PORT_BLOB_MANIFEST:
        *out = k->manifest;
        return 0;
    case PORT_BLOB_MODULE:
        *out = k->module;
        return 0;
    case PORT_BLOB_FILE:
        if (!CHECK(port_file, index < k->file_count))
            return -ENOENT;
        *out = k->files[index];
        return 0;
    case PORT_BLOB_CODE:
        *out = k->code;
        return 0;
    case PORT_BLOB_CHALLENGE:
        if (k->evidence == NULL)
            return -ENOENT;
        *out = k->evidence->nonce;
        return 0;
    case PORT_BLOB_COLLATERAL:
        *out = k->collateral;
        return k->collateral.size == 0 ? -ENOENT : 0;
    default:
        return -EINVAL;
    }
}

static int ask_steward(struct port_host *h, const struct request *r, struct bytes *out)
{
    const struct bytes input = {.data = r->in, .size = (size_t)r->frame.in_size};
    if (h->usher == NULL)
        return -ENOSYS;
    return port_usher_ask(h->usher, r->frame.arg[0], r->frame.arg[1], input, out);
}

static int64_t serve_exchange(struct port_host *h, const struct request *r)
{
    const uint64_t kind = r->frame.arg[0], offset = r->frame.arg[2];
    const bool steward = kind == PORT_BLOB_STEWARD_NONCE || kind == PORT_BLOB_STEWARD_CERTIFICATE;
    struct bytes blob = {0};
    const int error =
        steward ? ask_steward(h, r, &blob) : find_blob(h->keep, kind, r->frame.arg[1], &blob);
    if (error < 0)
        return error;
    if (CHECK(port_offset, offset < blob.size)) {
        size_t left = blob.size - (size_t)offset;
        size_t size = left < r->frame.out_size ? left : (size_t)r->frame.out_size;
        memcpy(r->out, blob.data + offset, size);
    }
    return (int64_t)blob.size;
}

static int64_t store(int fd, const struct request *r)
{
    if (fd < 0)
        return -EACCES;
    ssize_t taken = write(fd, r->in, (size_t)r->frame.in_size);
    return taken < 0 ? -errno : taken;
}

/* `size` counts what was asked for so far, at most `size_max`. */
static int64_t store_bounded(int fd, uint64_t *size, uint64_t size_max, const struct request *r)
{
    if (!CHECK(port_store, r->frame.in_size <= size_max - *size))
        return -ENOSPC;
    *size += r->frame.in_size;
    return store(fd, r);
}

static int64_t serve_store(struct port_host *h, const struct request *r)
{
    const struct keep *k = h->keep;
    const uint64_t kind = r->frame.arg[0];
    if (kind == PORT_STORE_CODE)
        return store_bounded(k->code_fd, &h->code_size, k->code_size_max, r);
    if (kind == PORT_STORE_OUTPUT)
        return store(h->output_fd, r);
    if (kind != PORT_STORE_CLAIMS && kind != PORT_STORE_EVIDENCE)
        return -EINVAL;
    const struct keep_evidence *e = k->evidence;
    if (e == NULL)
        return -EACCES;
    return kind == PORT_STORE_CLAIMS
               ? store_bounded(e->claims_fd, &h->claims_size, e->claims_size_max, r)
               : store_bounded(e->evidence_fd, &h->evidence_size, e->evidence_size_max, r);
}

/* Whatever a backend answers, no more output is claimed than there was room for. */
static int64_t serve_quote(struct port_host *h, const struct request *r)
{
    if (h->keep->verbs == NULL)
        return -ENOSYS;
    const struct bytes in = {.data = r->in, .size = (size_t)r->frame.in_size};
    int64_t given = h->keep->verbs->quote(r->frame.arg, in, r->out, (size_t)r->frame.out_size);
    return CHECK(port_answer, given <= (int64_t)r->frame.out_size) ? given : -EMSGSIZE;
}

static int64_t serve_memory(struct port_host *h, const struct request *r)
{
    if (h->keep->verbs == NULL)
        return -ENOSYS;
    int64_t result = h->keep->verbs->memory(r->frame.arg);
    return result < 0 ? result : 0;
}

struct row {
    int64_t (*serve)(struct port_host *h, const struct request *r);
    uint32_t in_max;
    uint32_t out_max;
};

#define serve_EXIT                             serve_exit
#define serve_LOG                              serve_log
#define serve_READ                             serve_read
#define serve_WRITE                            serve_write
#define serve_CLOSE                            serve_close
#define serve_SHUTDOWN                         serve_shutdown
#define serve_LISTEN                           serve_endpoint
#define serve_ACCEPT                           serve_accept
#define serve_CONNECT                          serve_endpoint
#define serve_POLL                             serve_poll
#define serve_CLOCK                            serve_clock
#define serve_EXCHANGE                         serve_exchange
#define serve_STORE                            serve_store
#define serve_QUOTE                            serve_quote
#define serve_MEMORY                           serve_memory
#define ROW(name, in, in_max, out_max, result) [PORT_##name] = {serve_##name, in_max, out_max},
static const struct row rows[PORT_VERB_COUNT] = {PORT_TABLE(ROW)};
#undef ROW

static bool errno_allowed(int number)
{
#define CASE(n) case n:
    switch (number) {
        PORT_ERRNO_TABLE(CASE)
        return true;
    default:
        return false;
    }
#undef CASE
}

static int64_t serve(struct port_host *h, struct shared *block, const struct port_frame *frame)
{
    if (!CHECK(port_verb, frame->verb < PORT_VERB_COUNT))
        return -ENOSYS;
    const struct row *row = &rows[frame->verb];
    if (!CHECK(port_zero, frame->zero == 0) || !CHECK(port_in, frame->in_size <= row->in_max) ||
        !CHECK(port_out, frame->out_size <= row->out_max))
        return -EINVAL;
    size_t in_size = (size_t)frame->in_size;
    size_t skip = (in_size + PORT_DATA_ALIGN - 1) / PORT_DATA_ALIGN * PORT_DATA_ALIGN;
    uint8_t *data = (uint8_t *)block + PORT_DATA_OFFSET;
    struct request request = {.frame = *frame, .in = data, .out = data + skip};
    return row->serve(h, &request);
}

void port_host_serve(struct port_host *h, struct shared *block)
{
    struct port_frame frame;
    shared_read(block, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    int64_t result = serve(h, block, &frame);
    if (result < 0 && !CHECK(port_errno, errno_allowed((int)-result)))
        result = -EIO;
    shared_write(block, PORT_FRAME_OFFSET + offsetof(struct port_frame, result), &result,
                 sizeof(result));
}

int port_host_new(struct keep *keep, struct keep_report *report, int output_fd,
                  struct port_host **out)
{
    struct port_host *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return -ENOMEM;
    struct rlimit files = {0};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    *h = (struct port_host){
        .keep = keep, .report = report, .output_fd = output_fd, .files_most = files.rlim_max};
    int error = handles_init(&h->handles, CHECKED(handle_standard, !is_deployment(h), true));
    if (error == 0 && keep->usher_fd > 0) {
        h->usher = port_usher_new(keep->usher_fd);
        error = h->usher == NULL ? -ENOMEM : 0;
    }
    if (error < 0) {
        port_host_free(h);
        return error;
    }
    *out = h;
    return 0;
}

void port_host_free(struct port_host *h)
{
    port_usher_free(h->usher);
    handles_fini(&h->handles);
    free(h);
}
