/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the port against a keep that lies. */
/* links: host/port_host.c host/port_usher.c host/handles.c shim/core/shared.c base/cur.c base/put.c base/escape.c */
#define _GNU_SOURCE
#include "host/port_host.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static uint8_t block_memory[PORT_BLOCK_SIZE + 1] aligned_to(4096);
static struct shared *const block = (struct shared *)block_memory;
static uint8_t *const data = block_memory + PORT_DATA_OFFSET;
static struct keep_report report;
static struct endpoint endpoints[2];
static struct bytes files[2];
static struct keep keep;
static struct port_host *host;

static int set_up(void **state)
{
    (void)state;
    endpoints[0].fd = -1;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return -1;
    endpoints[1].fd = pair[0];
    files[1] = bytes_of_text("second file");
    keep = (struct keep){
        .manifest = bytes_of_text("manifest"),
        .module = bytes_of_text("module"),
        .files = files,
        .file_count = 2,
        .endpoints = endpoints,
        .endpoint_count = 2,
        .code_fd = -1,
        .code_size_max = 1000,
        .log_fd = STDERR_FILENO,
    };
    return port_host_new(&keep, &report, -1, &host);
}

static int tear_down(void **state)
{
    (void)state;
    port_host_free(host);
    return 0;
}

static int64_t serve(struct port_frame frame)
{
    shared_write(block, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    port_host_serve(host, block);
    shared_read(block, PORT_FRAME_OFFSET, &frame, sizeof(frame));
    return frame.result;
}

static void unknown_verbs_are_refused(void **state)
{
    (void)state;
    for (uint32_t verb = PORT_VERB_COUNT; verb < PORT_VERB_COUNT + 1000; verb++)
        assert_int_equal(serve((struct port_frame){.verb = verb}), -ENOSYS);
    assert_int_equal(serve((struct port_frame){.verb = UINT32_MAX}), -ENOSYS);
    assert_int_equal(serve((struct port_frame){.verb = PORT_QUOTE}), -ENOSYS);
    assert_int_equal(serve((struct port_frame){.verb = PORT_MEMORY}), -ENOSYS);
}

static int64_t answer; /* of a backend */
static uint64_t asked[4];

static int64_t take_memory(const uint64_t arg[static 4])
{
    memcpy(asked, arg, sizeof(asked));
    return answer;
}

static int64_t take_quote(const uint64_t arg[static 4], struct bytes in, uint8_t *out,
                          size_t out_size)
{
    memcpy(asked, arg, sizeof(asked));
    assert_ptr_equal(in.data, data);
    assert_ptr_equal(out, data + 448); /* behind the input, aligned */
    assert_int_equal(in.size, 432);
    memset(out, 0x33, out_size);
    return answer;
}

static void backends_serve_verbs_of_their_own(void **state)
{
    (void)state;
    static const struct keep_verbs verbs = {.memory = take_memory, .quote = take_quote};
    keep.verbs = &verbs;
    struct port_frame memory = {.verb = PORT_MEMORY, .arg = {1, 2, 3, UINT64_MAX}};
    answer = 0;
    assert_int_equal(serve(memory), 0);
    assert_memory_equal(asked, memory.arg, sizeof(asked));
    answer = 77; /* the row has no such result */
    assert_int_equal(serve(memory), 0);
    answer = -ENOMEM;
    assert_int_equal(serve(memory), -ENOMEM);
    answer = -EPERM; /* no errno of the port */
    assert_int_equal(serve(memory), -EIO);
    memory.in_size = 1;
    assert_int_equal(serve(memory), -EINVAL);

    struct port_frame quote = {.verb = PORT_QUOTE, .arg = {2}, .in_size = 432, .out_size = 100};
    answer = 100;
    assert_int_equal(serve(quote), 100);
    assert_int_equal(data[448 + 99], 0x33);
    answer = 101; /* more than there was room for */
    assert_int_equal(serve(quote), -EMSGSIZE);
    quote.out_size = PORT_CHUNK;
    answer = PORT_CHUNK;
    assert_int_equal(serve(quote), PORT_CHUNK);
    quote.in_size = 4097;
    assert_int_equal(serve(quote), -EINVAL);
}

/* The last byte of the block is guarded: nothing may be written behind it. */
static void sizes_beyond_the_row_are_refused(void **state)
{
    (void)state;
    block_memory[PORT_BLOCK_SIZE] = 0x5a;
    for (uint32_t verb = PORT_LOG; verb < PORT_VERB_COUNT; verb++) {
        struct port_frame frame = {.verb = verb, .in_size = SIZE_MAX, .out_size = 0};
        assert_int_equal(serve(frame), -EINVAL);
        frame = (struct port_frame){.verb = verb, .in_size = 0, .out_size = PORT_CHUNK + 1};
        assert_int_equal(serve(frame), -EINVAL);
        frame = (struct port_frame){.verb = verb, .zero = 1};
        assert_int_equal(serve(frame), -EINVAL);
    }
    assert_int_equal(block_memory[PORT_BLOCK_SIZE], 0x5a);
}

static void only_handles_it_was_given_work(void **state)
{
    (void)state;
    static const uint32_t verbs[] = {PORT_READ, PORT_WRITE, PORT_CLOSE, PORT_ACCEPT};
    /* endpoints[1].fd is an open descriptor of this process, and no handle yet */
    const uint64_t handles[] = {(uint64_t)endpoints[1].fd, 8191, 8192, UINT64_MAX};
    for (size_t v = 0; v < ARRAY_COUNT(verbs); v++) {
        for (size_t i = 0; i < ARRAY_COUNT(handles); i++)
            assert_int_equal(serve((struct port_frame){.verb = verbs[v], .arg = {handles[i]}}),
                             -EBADF);
    }
    struct port_frame shut = {.verb = PORT_SHUTDOWN, .arg = {8191, PORT_SHUT_READ}};
    assert_int_equal(serve(shut), -EBADF);
    shut.arg[1] = 4;
    assert_int_equal(serve(shut), -EINVAL);
}

static void endpoints_go_by_the_manifest(void **state)
{
    (void)state;
    assert_int_equal(serve((struct port_frame){.verb = PORT_CONNECT, .arg = {0}}), -ENOENT);
    assert_int_equal(serve((struct port_frame){.verb = PORT_CONNECT, .arg = {2}}), -ENOENT);
    assert_int_equal(serve((struct port_frame){.verb = PORT_LISTEN, .arg = {UINT64_MAX}}), -ENOENT);
    int64_t handle = serve((struct port_frame){.verb = PORT_CONNECT, .arg = {1}});
    assert_int_equal(handle, 3);
    /* and no second handle on the same descriptor */
    assert_int_equal(serve((struct port_frame){.verb = PORT_CONNECT, .arg = {1}}), -ENOENT);
    struct port_frame read = {.verb = PORT_READ, .arg = {3}, .out_size = 10};
    assert_int_equal(serve(read), -EAGAIN);
    read.arg[1] = 2;
    assert_int_equal(serve(read), -EINVAL);
    assert_int_equal(serve((struct port_frame){.verb = PORT_CLOSE, .arg = {3}}), 0);
    assert_int_equal(serve((struct port_frame){.verb = PORT_CLOSE, .arg = {3}}), -EBADF);
}

static void blobs_come_in_parts(void **state)
{
    (void)state;
    struct port_frame f = {.verb = PORT_EXCHANGE, .arg = {PORT_BLOB_FILE, 1, 7}, .out_size = 100};
    assert_int_equal(serve(f), 11);
    assert_memory_equal(data, "file", 4);
    const uint64_t beyond[] = {11, 12, 4096, UINT64_MAX};
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        memcpy(data, "as it was", 9);
        f.arg[2] = beyond[i];
        assert_int_equal(serve(f), 11);
        assert_memory_equal(data, "as it was", 9);
    }
    f.arg[1] = 2;
    assert_int_equal(serve(f), -ENOENT);
    f.arg[0] = 77;
    assert_int_equal(serve(f), -EINVAL);
    f = (struct port_frame){.verb = PORT_EXCHANGE, .arg = {PORT_BLOB_CODE}, .out_size = 100};
    assert_int_equal(serve(f), 0);
}

static void nothing_is_stored_where_nothing_was_opened(void **state)
{
    (void)state;
    struct port_frame f = {.verb = PORT_STORE, .arg = {PORT_STORE_CODE}, .in_size = 10};
    assert_int_equal(serve(f), -EACCES);
    f.arg[0] = PORT_STORE_OUTPUT;
    assert_int_equal(serve(f), -EACCES);
    f.arg[0] = PORT_STORE_EVIDENCE + 1;
    assert_int_equal(serve(f), -EINVAL);
}

static void the_code_cache_is_bounded(void **state)
{
    (void)state;
    keep.code_fd = memfd_create("code", 0);
    keep.code_size_max = 15;
    struct port_host *own;
    assert_int_equal(port_host_new(&keep, &report, -1, &own), 0);
    struct port_frame f = {.verb = PORT_STORE, .arg = {PORT_STORE_CODE}, .in_size = 10};
    shared_write(block, PORT_FRAME_OFFSET, &f, sizeof(f));
    port_host_serve(own, block);
    shared_read(block, PORT_FRAME_OFFSET, &f, sizeof(f));
    assert_int_equal(f.result, 10);
    shared_write(block, PORT_FRAME_OFFSET, &f, sizeof(f));
    port_host_serve(own, block);
    shared_read(block, PORT_FRAME_OFFSET, &f, sizeof(f));
    assert_int_equal(f.result, -ENOSPC);
    port_host_free(own);
    close(keep.code_fd);
    keep.code_fd = -1;
}

static int open_memory(void)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* Only where it was asked for, claims and evidence apart, each bounded. */
static void evidence_goes_where_it_was_asked_for(void **state)
{
    (void)state;
    char nonce[8] = "";
    struct port_frame f = {.verb = PORT_STORE, .arg = {PORT_STORE_CLAIMS}, .in_size = 10};
    struct port_frame challenge = {
        .verb = PORT_EXCHANGE, .arg = {PORT_BLOB_CHALLENGE}, .out_size = sizeof(nonce)};
    assert_int_equal(serve(f), -EACCES);
    assert_int_equal(serve(challenge), -ENOENT);
    const struct keep_evidence evidence = {
        .nonce = bytes_of_text("nonce"),
        .claims_fd = open_memory(),
        .evidence_fd = open_memory(),
        .claims_size_max = 15,
        .evidence_size_max = 20,
    };
    keep.evidence = &evidence;
    assert_int_equal(serve(challenge), 5);
    assert_memory_equal(data, "nonce", 5);
    assert_int_equal(serve(f), 10);
    assert_int_equal(serve(f), -ENOSPC);
    f.in_size = 5;
    assert_int_equal(serve(f), 5);
    f = (struct port_frame){.verb = PORT_STORE, .arg = {PORT_STORE_EVIDENCE}, .in_size = 20};
    assert_int_equal(serve(f), 20);
    f.in_size = 1;
    assert_int_equal(serve(f), -ENOSPC);
    assert_int_equal(lseek(evidence.claims_fd, 0, SEEK_END), 15);
    assert_int_equal(lseek(evidence.evidence_fd, 0, SEEK_END), 20);
    close(evidence.claims_fd);
    close(evidence.evidence_fd);
    keep.evidence = NULL;
}

static void clocks_are_two(void **state)
{
    (void)state;
    const uint64_t wrong[] = {2, 3, 1000, UINT64_MAX};
    for (uint64_t i = 0; i < 2; i++)
        assert_true(serve((struct port_frame){.verb = PORT_CLOCK, .arg = {i}}) > 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(serve((struct port_frame){.verb = PORT_CLOCK, .arg = {wrong[i]}}),
                         -EINVAL);
}

static void polls_are_checked(void **state)
{
    (void)state;
    struct port_frame f = {.verb = PORT_POLL, .in_size = 12, .out_size = 12};
    assert_int_equal(serve(f), -EINVAL);
    f.in_size = f.out_size = 16;
    f.out_size = 8;
    assert_int_equal(serve(f), -EINVAL);
    /* an unknown handle does not wait: the next call on it tells */
    const struct {
        int32_t handle;
        uint16_t want, ready;
    } row = {.handle = -5, .want = PORT_POLL_READ};
    memcpy(data, &row, sizeof(row));
    f = (struct port_frame){.verb = PORT_POLL, .arg = {PORT_FOREVER}, .in_size = 8, .out_size = 8};
    assert_int_equal(serve(f), 1);
}

/* What the keep says must not move the operator's cursor. */
static void log_messages_are_escaped(void **state)
{
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    int saved = dup(STDERR_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
    memcpy(data, "a\x1b[2J\r\x7f\nb\xc2\x9b", 11);
    int64_t result = serve((struct port_frame){.verb = PORT_LOG, .in_size = 11});
    int64_t hidden =
        serve((struct port_frame){.verb = PORT_LOG, .arg = {PORT_LOG_DEBUG}, .in_size = 11});
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipe_fds[1]);
    char text[100] = {0};
    ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
    close(pipe_fds[0]);
    assert_int_equal(result, 0);
    assert_int_equal(hidden, 0);
    assert_true(n > 0);
    assert_string_equal(text, "enarx: a\\x1b[2J\\x0d\\x7f\nb\\xc2\\x9b\n");
}

/* ---- a deployment: the keep is somebody else's ---- */

static struct port_host *deployment(int log_fd)
{
    static struct keep theirs;
    struct port_host *own;
    theirs = keep;
    theirs.boot.mode = BOOT_DEPLOY;
    theirs.label = "k1";
    theirs.log_fd = log_fd;
    assert_int_equal(port_host_new(&theirs, &report, -1, &own), 0);
    return own;
}

static int64_t serve_by(struct port_host *by, struct port_frame frame)
{
    struct port_host *usual = host;
    host = by;
    int64_t result = serve(frame);
    host = usual;
    return result;
}

/* As descriptors they are open: the test's own. */
static void a_deployment_has_no_standard_streams(void **state)
{
    (void)state;
    struct port_host *own = deployment(STDERR_FILENO);
    for (uint64_t handle = 0; handle < 3; handle++) {
        static const uint32_t verbs[] = {PORT_READ, PORT_WRITE, PORT_ACCEPT, PORT_CLOSE};
        for (size_t v = 0; v < ARRAY_COUNT(verbs); v++)
            assert_int_equal(serve_by(own, (struct port_frame){.verb = verbs[v], .arg = {handle}}),
                             -EBADF);
        struct port_frame shut = {.verb = PORT_SHUTDOWN, .arg = {handle, PORT_SHUT_READ}};
        assert_int_equal(serve_by(own, shut), -EBADF);
    }
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    endpoints[1].fd = pair[0];
    struct port_frame connect = {.verb = PORT_CONNECT, .arg = {1}};
    assert_int_equal(serve_by(own, connect), 3); /* and none comes to be one */
    port_host_free(own);
    close(pair[0]);
    close(pair[1]);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void a_deployments_messages_are_lines_and_few(void **state)
{
    (void)state;
    static const char line[] = "enarx: k1: a\\x0aenarx: k2: b\\x1b\\x09\n";
    static const char last[] = "enarx: more messages of this keep are not shown\n";
    static char text[200 * sizeof(line)];
    const int log = memfd_create("log", MFD_CLOEXEC);
    struct port_host *own = deployment(log);
    memcpy(data, "a\nenarx: k2: b\x1b\t", 16);
    for (unsigned i = 0; i < 500; i++)
        assert_int_equal(serve_by(own, (struct port_frame){.verb = PORT_LOG, .in_size = 16}), 0);
    const ssize_t size = pread(log, text, sizeof(text) - 1, 0);
    assert_true(size > 0);
    assert_memory_equal(text, line, sizeof(line) - 1);
    assert_int_equal(count_lines(text), 101);
    assert_string_equal(text + size - strlen(last), last);
    port_host_free(own);
    close(log);
}

/* Of a deployment the keep says where, and its usher does it. */
static void streams_of_a_deployment_are_the_ushers(void **state)
{
    (void)state;
    static const char place[] = "127.0.0.1:80", steward[] = "https://a/";
    struct port_frame listen = {.verb = PORT_LISTEN, .in_size = strlen(place)};
    struct port_frame ask = {.verb = PORT_EXCHANGE,
                             .arg = {PORT_BLOB_STEWARD_NONCE, 1},
                             .in_size = strlen(steward),
                             .out_size = 10};
    int ends[2];
    struct port_host *own = deployment(STDERR_FILENO);
    memcpy(data, place, strlen(place));
    assert_int_equal(serve_by(own, listen), -ENOSYS);
    assert_int_equal(serve_by(own, ask), -ENOSYS);
    port_host_free(own);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    keep.usher_fd = ends[0];
    own = deployment(STDERR_FILENO);
    assert_int_equal(serve_by(own, listen), -EAGAIN);
    char order[100];
    assert_int_equal(recv(ends[1], order, sizeof(order), 0), 8 + strlen(place));
    assert_memory_equal(order + 8, place, strlen(place));
    assert_int_equal(serve_by(own, listen), -EAGAIN);
    memcpy(data, steward, strlen(steward));
    assert_int_equal(serve_by(own, ask), -EAGAIN);
    assert_int_equal(recv(ends[1], order, sizeof(order), 0), 8 + strlen(steward));
    memcpy(order, order + 4, 4); /* its number, 0, and what it said */
    memset(order + 4, 0, 4);
    memcpy(order + 8, "nonce", 5);
    assert_int_equal(send(ends[1], order, 13, 0), 13);
    ask.in_size = 0;
    assert_int_equal(serve_by(own, ask), 5);
    assert_memory_equal(data, "nonce", 5);
    ask.arg[2] = 3;
    assert_int_equal(serve_by(own, ask), 5);
    assert_memory_equal(data, "ce", 2);
    ask.arg[1] = 2;
    assert_int_equal(serve_by(own, ask), -EINVAL);
    listen.in_size = PORT_ENDPOINT_MAX + 1;
    assert_int_equal(serve_by(own, listen), -EINVAL);
    endpoints[1].fd = dup(ends[1]);
    listen.in_size = 0; /* those that were open before are so still */
    listen.arg[0] = 1;
    assert_int_equal(serve_by(own, listen), 3);
    assert_int_equal(serve_by(own, (struct port_frame){.verb = PORT_CLOSE, .arg = {3}}), 0);
    port_host_free(own);
    close(ends[0]);
    close(ends[1]);
    keep.usher_fd = 0;
}

static void exit_leaves_a_report(void **state)
{
    (void)state;
    struct keep_report *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct port_host *own;
    assert_int_equal(port_host_new(&keep, shared, -1, &own), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct port_frame f = {.verb = PORT_EXIT, .arg = {PORT_END_DONE, 300}};
        shared_write(block, PORT_FRAME_OFFSET, &f, sizeof(f));
        port_host_serve(own, block);
        _exit(99);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(shared->set, 1);
    assert_int_equal(shared->end, PORT_END_DONE);
    assert_int_equal(shared->status, 300);
    port_host_free(own);
    munmap(shared, sizeof(*shared));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_verbs_are_refused),
        cmocka_unit_test(backends_serve_verbs_of_their_own),
        cmocka_unit_test(sizes_beyond_the_row_are_refused),
        cmocka_unit_test(only_handles_it_was_given_work),
        cmocka_unit_test(endpoints_go_by_the_manifest),
        cmocka_unit_test(blobs_come_in_parts),
        cmocka_unit_test(nothing_is_stored_where_nothing_was_opened),
        cmocka_unit_test(the_code_cache_is_bounded),
        cmocka_unit_test(evidence_goes_where_it_was_asked_for),
        cmocka_unit_test(clocks_are_two),
        cmocka_unit_test(polls_are_checked),
        cmocka_unit_test(log_messages_are_escaped),
        cmocka_unit_test(a_deployment_has_no_standard_streams),
        cmocka_unit_test(a_deployments_messages_are_lines_and_few),
        cmocka_unit_test(streams_of_a_deployment_are_the_ushers),
        cmocka_unit_test(exit_leaves_a_report),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
