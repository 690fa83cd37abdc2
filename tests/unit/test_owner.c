/* SPDX-License-Identifier: Apache-2.0 */
/* An owner; see test_owner.h. */
#define _GNU_SOURCE
#include "tests/unit/test_owner.h"

#include "attest/claims_buffer.h"
#include "crypto/digest.h"
#include "tests/unit/deployed_keep.h"
#include "tls/certificate.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000
#define SILENCE_MS  100

static const uint8_t module[] = "\0asm\1\0\0\0";
static uint8_t workload_digest[SHA256_SIZE];
static struct bytes secrets_sent;

static const struct tls_identity *identity(enum who who)
{
    static struct tls_identity all[STRANGER + 1];
    static uint8_t certs[STRANGER + 1][TLS_CERTIFICATE_MAX];
    if (who != NOBODY && all[who].key == NULL) {
        struct put cert = put_init(certs[who], sizeof(certs[who]));
        assert_int_equal(key_generate(&all[who].key), 0);
        assert_int_equal(tls_certificate_put(all[who].key, "owner", &cert), 0);
        all[who].cert = put_done(&cert);
    }
    return who == NOBODY ? NULL : &all[who];
}

/* ---- the wire ---- */

int owner_dial(void)
{
    struct sockaddr_un to;
    socklen_t size = sizeof(to);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(getsockname(host.listener, (struct sockaddr *)&to, &size), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, size), 0);
    return fd;
}

static void flush(struct owner *o)
{
    struct bytes out;
    while (!o->corked && (out = tls_session_outgoing(o->tls)).size > 0) {
        const ssize_t sent = send(o->fd, out.data, out.size, MSG_NOSIGNAL);
        tls_session_sent(o->tls, sent < 0 ? out.size : (size_t)sent); /* nobody there */
    }
}

void owner_cork(struct owner *o, bool corked)
{
    o->corked = corked;
    flush(o);
}

/* False when nothing came for so long. */
static bool receive(struct owner *o, int patience_ms)
{
    struct pollfd row = {.fd = o->fd, .events = POLLIN};
    uint8_t raw[4096];
    if (poll(&row, 1, patience_ms) <= 0)
        return false;
    const size_t room = tls_session_room(o->tls);
    const ssize_t got = recv(o->fd, raw, room < sizeof(raw) ? room : sizeof(raw), 0);
    if (got > 0)
        tls_session_feed(o->tls, (struct bytes){raw, (size_t)got});
    else
        tls_session_feed_end(o->tls);
    return true;
}

void owner_open(struct owner *o, enum who who)
{
    const struct tls_config config = {.own = identity(who), .alpn = CHANNEL_ALPN};
    memset(o, 0, sizeof(*o));
    o->fd = owner_dial();
    o->end = 1;
    o->in = cur_init((struct bytes){0});
    channel_reader_init(&o->reader, CHANNEL_KEEP, o->buffer, sizeof(o->buffer));
    assert_int_equal(tls_session_new(&config, &o->tls), 0);
    int result;
    while ((result = tls_session_handshake(o->tls)) == -EAGAIN) {
        flush(o);
        assert_true(receive(o, PATIENCE_MS));
    }
    assert_int_equal(result, 0);
    flush(o);
}

void owner_close(struct owner *o)
{
    tls_session_free(o->tls);
    close(o->fd);
}

void owner_leave(struct owner *o)
{
    tls_session_shutdown(o->tls);
    flush(o);
    owner_close(o);
}

/* ---- saying ---- */

void owner_writes(struct owner *o, struct bytes from)
{
    while (from.size > 0) {
        const int64_t taken = tls_session_write(o->tls, from);
        flush(o);
        if (taken < 0)
            return;
        from = (struct bytes){from.data + taken, from.size - (size_t)taken};
    }
}

void owner_say(struct owner *o, enum channel_type type, struct bytes payload)
{
    uint8_t head[CHANNEL_HEADER_SIZE];
    struct put p = put_init(head, sizeof(head));
    channel_header_put(&p, &(struct channel_header){.type = type, .size = payload.size});
    owner_writes(o, put_done(&p));
    owner_writes(o, payload);
}

void owner_challenge(struct owner *o, enum channel_what what)
{
    static uint8_t count;
    uint8_t payload[CHANNEL_CHALLENGE_SIZE];
    struct channel_challenge c = {.what = what, .time = 2000000000000000000u};
    memset(c.nonce, ++count, sizeof(c.nonce));
    memcpy(o->nonce, c.nonce, sizeof(c.nonce));
    struct put p = put_init(payload, sizeof(payload));
    channel_challenge_put(&p, &c);
    owner_say(o, CHANNEL_CHALLENGE, put_done(&p));
}

void owner_credit(struct owner *o, enum channel_type type, uint32_t more)
{
    uint8_t payload[8];
    struct put p = put_init(payload, sizeof(payload));
    channel_pair_put(&p, (struct channel_pair){type, more});
    owner_say(o, CHANNEL_CREDIT, put_done(&p));
}

void owner_signal(struct owner *o, uint32_t number)
{
    uint8_t payload[4];
    struct put p = put_init(payload, sizeof(payload));
    put_le32(&p, number);
    owner_say(o, CHANNEL_SIGNAL, put_done(&p));
}

struct parcel parcel_new(uint32_t flags)
{
    static struct bytes args[1];
    static struct manifest_stream streams[3] = {
        {.kind = STREAM_STDIN}, {.kind = STREAM_STDOUT}, {.kind = STREAM_STDERR}};
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    for (size_t i = 0; i < 3; i++)
        streams[i].name = bytes_of_text(names[i]);
    args[0] = bytes_of_text("app");
    struct parcel p = {
        .module = {module, sizeof(module) - 1},
        .owner = ME,
        .flags = flags,
        .manifest = {.module_size = sizeof(module) - 1,
                     .memory_size = 65536,
                     .files_size = 1 << 20,
                     .args = args,
                     .arg_count = 1,
                     .streams = streams,
                     .stream_count = 3},
    };
    assert_int_equal(sha256(p.module, p.manifest.module_digest), 0);
    return p;
}

void owner_workload(struct owner *o, const struct parcel *p)
{
    static uint8_t manifest[65536], payload[1 << 17];
    uint8_t key[KEY_PUBLIC_SIZE];
    struct put m = put_init(manifest, sizeof(manifest));
    struct put all = put_init(payload, sizeof(payload));
    manifest_put(&p->manifest, &m);
    assert_int_equal(sha256(put_done(&m), workload_digest), 0);
    secrets_sent = p->secrets;
    if (p->owner != NOBODY)
        assert_int_equal(key_public(identity(p->owner)->key, key), 0);
    const struct bytes owner = {key, p->owner == NOBODY ? 0 : sizeof(key)};
    channel_workload_head_put(
        &all, &(struct channel_workload_head){.manifest_size = (uint32_t)m.size,
                                              .secrets_size = (uint32_t)p->secrets.size,
                                              .owner_key_size = (uint32_t)owner.size,
                                              .flags = p->flags});
    put_bytes(&all, owner);
    put_bytes(&all, put_done(&m));
    put_bytes(&all, p->secrets);
    put_bytes(&all, p->module);
    assert_false(all.bad);
    owner_say(o, CHANNEL_WORKLOAD, put_done(&all));
}

/* ---- hearing ---- */

/* 1 and a message, 0 when there is none for so long, or how the session ended. */
static int take(struct owner *o, int patience_ms)
{
    if (o->held) {
        o->held = false;
        return 1;
    }
    while (o->end == 1) {
        const int result = channel_reader_next(&o->reader, &o->in, &o->part);
        assert_true(result >= 0);
        if (result == 1)
            return 1;
        const int64_t got = tls_session_read(o->tls, o->plain, sizeof(o->plain));
        if (got > 0)
            o->in = cur_init((struct bytes){o->plain, (size_t)got});
        else if (got != -EAGAIN)
            o->end = got == 0 ? -EPIPE : (int)got;
        else if (!receive(o, patience_ms))
            return 0;
    }
    return o->end;
}

enum channel_type owner_next(struct owner *o)
{
    assert_int_equal(take(o, PATIENCE_MS), 1);
    o->held = true;
    return o->part.type;
}

struct bytes owner_hears(struct owner *o, enum channel_type type)
{
    const int result = take(o, PATIENCE_MS);
    if (result != 1)
        fail_msg("%s was to come, not %d", channel_type_text(type), result);
    if (o->part.type != type)
        fail_msg("%s was to come, not %s %.*s", channel_type_text(type),
                 channel_type_text(o->part.type), (int)o->part.bytes.size,
                 (const char *)o->part.bytes.data);
    return o->part.bytes;
}

void owner_hears_text(struct owner *o, enum channel_type type, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        const struct bytes part = owner_hears(o, type);
        assert_true(part.size <= left);
        assert_memory_equal(part.data, text + strlen(text) - left, part.size);
        left -= part.size;
    }
}

void owner_hears_log(struct owner *o, const char *part)
{
    const struct bytes b = owner_hears(o, CHANNEL_LOG);
    if (b.size < 4 || memmem(b.data + 4, b.size - 4, part, strlen(part)) == NULL)
        fail_msg("%s was to be in %.*s", part, (int)b.size - 4, (const char *)b.data + 4);
}

void owner_hears_exit(struct owner *o, enum channel_end end, uint32_t status)
{
    struct channel_pair pair;
    assert_int_equal(channel_pair_parse(owner_hears(o, CHANNEL_EXIT), &pair), 0);
    assert_int_equal(pair.first, end);
    assert_int_equal(pair.second, status);
}

void owner_hears_end(struct owner *o)
{
    const int result = take(o, PATIENCE_MS);
    if (result == 1)
        fail_msg("the end was to come, not %s", channel_type_text(o->part.type));
    assert_int_equal(result, -EPIPE);
}

void owner_hears_nothing(struct owner *o)
{
    const int result = take(o, SILENCE_MS);
    if (result == 1)
        fail_msg("nothing was to come, not %s", channel_type_text(o->part.type));
    assert_int_equal(result, 0);
}

void owner_is_refused(struct owner *o, const char *part)
{
    owner_hears_log(o, part);
    owner_hears_exit(o, CHANNEL_END_FAILED, 1);
    owner_hears_end(o);
}

static void check_claims(struct owner *o, struct bytes claims, bool ready)
{
    struct claims_buffer c;
    uint8_t key[CHANNEL_OWNER_KEY_MAX], exporter[CHANNEL_EXPORTER_SIZE];
    size_t key_size = sizeof(key);
    const struct bytes nonce = {o->nonce, sizeof(o->nonce)};
    const char *purpose = ready ? "deploy-ready" : "deploy-empty";
    assert_int_equal(claims_buffer_parse(claims, &c), 0);
    assert_true(bytes_equal(c.purpose, bytes_of_text(purpose)));
    assert_true(bytes_equal(c.nonce, nonce));
    assert_int_equal(tls_session_export(o->tls, CHANNEL_EXPORTER, nonce, exporter, 32), 0);
    assert_true(bytes_equal(c.tls_exporter, (struct bytes){exporter, sizeof(exporter)}));
    assert_int_equal(tls_session_peer_key(o->tls, key, &key_size), 0);
    assert_int_equal(claims_buffer_check_key(&c, (struct bytes){key, key_size}), 0);
    const struct bytes workload = {workload_digest, ready ? sizeof(workload_digest) : 0};
    assert_true(bytes_equal(c.workload, workload));
}

void owner_hears_evidence(struct owner *o, enum channel_type type, struct bytes evidence)
{
    struct channel_evidence e;
    uint8_t digest[SHA256_SIZE], report_data[REPORT_DATA_BYTES] = {0};
    const bool ready = type == CHANNEL_READY;
    const struct bytes parts[] = {{o->nonce, sizeof(o->nonce)}, secrets_sent};
    assert_int_equal(channel_evidence_parse(owner_hears(o, type), type, &e), 0);
    assert_int_equal(sha256_parts(parts, 2, digest), 0);
    assert_true(bytes_equal(e.secrets, (struct bytes){digest, ready ? sizeof(digest) : 0}));
    assert_true(bytes_equal(e.evidence, evidence));
    check_claims(o, e.claims, ready);
    if (evidence.size == 0)
        return;
    assert_int_equal(sha256(e.claims, report_data), 0);
    assert_memory_equal(host.report_data, report_data, sizeof(report_data));
}

static const struct bytes evidence = {(const uint8_t *)HOST_EVIDENCE, sizeof(HOST_EVIDENCE)};

void owner_deploys(struct owner *o, const struct parcel *p)
{
    owner_open(o, NOBODY);
    owner_challenge(o, CHANNEL_DEPLOY);
    owner_hears_evidence(o, CHANNEL_EVIDENCE, evidence);
    owner_workload(o, p);
    owner_hears_evidence(o, CHANNEL_READY, evidence);
}

void owner_attaches(struct owner *o)
{
    owner_open(o, ME);
    owner_challenge(o, CHANNEL_ATTACH);
    owner_hears_evidence(o, CHANNEL_READY, evidence);
}
