/* SPDX-License-Identifier: Apache-2.0 */
/* A client and a server, and a wire between them that does what the input says: carries,
 * cuts, changes, makes up. Whatever it does, each reads what the other wrote, from the
 * start, and an end only where the other made one. */
/* links: crypto/digest.c base/der_put.c base/der.c base/rfc3339.c */
/* links: tls/session.c tls/context.c tls/pipe.c tls/peer.c tls/certificate.c crypto/key.c crypto/issue.c base/cur.c base/put.c base/wipe.c */
/* libs: -lssl -lcrypto */
#include "crypto/key.h"
#include "tests/fuzz/target.h"
#include "tls/certificate.h"
#include "tls/session.h"

#include <stdlib.h>
#include <string.h>

#define HELD_MAX 200000u /* more than a session ever holds each way */

struct end {
    struct tls_session *session;
    uint64_t written, read; /* bytes, since the start */
    bool shut;
};

static uint8_t byte_at(uint64_t at) { return (uint8_t)(at * 0x9e3779b97f4a7c15u >> 56); }

static const struct tls_identity *identity(void)
{
    static uint8_t der[TLS_CERTIFICATE_MAX];
    static struct tls_identity own;
    struct put cert = put_init(der, sizeof(der));
    if (own.key == NULL && (key_generate(&own.key) < 0 || tls_certificate_put(own.key, "x", &cert)))
        abort();
    if (own.cert.size == 0)
        own.cert = put_done(&cert);
    return &own;
}

/* ---- what the wire does ---- */

static void carry(struct end *from, struct end *to, size_t most, size_t at, uint8_t change)
{
    static uint8_t bytes[HELD_MAX];
    struct bytes out = tls_session_outgoing(from->session);
    if (out.size > sizeof(bytes) || tls_session_room(to->session) > sizeof(bytes))
        abort();
    if (out.size > most)
        out.size = most;
    memcpy(bytes, out.data == NULL ? bytes : out.data, out.size);
    if (out.size > 0)
        bytes[at % out.size] ^= change;
    const size_t room = tls_session_room(to->session);
    const size_t taken = tls_session_feed(to->session, (struct bytes){bytes, out.size});
    if (taken > room || taken != (out.size < room ? out.size : room))
        abort();
    tls_session_sent(from->session, taken);
}

/* Without a copy in between. */
static void put_in_place(struct end *from, struct end *to)
{
    const struct bytes out = tls_session_outgoing(from->session);
    size_t size = 0;
    uint8_t *space = tls_session_space(to->session, &size);
    if (size > tls_session_room(to->session) || (size == 0) != (tls_session_room(to->session) == 0))
        abort();
    size = size < out.size ? size : out.size;
    if (size > 0)
        memcpy(space, out.data, size);
    tls_session_fed(to->session, size);
    tls_session_sent(from->session, size);
}

static void make_up(struct end *to, struct cur *c)
{
    const size_t size = cur_u8(c);
    (void)tls_session_feed(to->session, cur_take(c, size));
}

/* ---- what the ends do ---- */

static void write_to(struct end *e, size_t size)
{
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(e->written + i);
    const int64_t taken = tls_session_write(e->session, (struct bytes){bytes, size});
    if (taken > (int64_t)size || (taken >= 0 && e->shut))
        abort();
    e->written += taken > 0 ? (uint64_t)taken : 0;
    free(bytes);
}

static void read_from(struct end *e, const struct end *other, size_t size)
{
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        abort();
    const size_t buffered = tls_session_buffered(e->session);
    const int64_t got = tls_session_read(e->session, bytes, size);
    if (got > (int64_t)size || (buffered > 0 && got <= 0))
        abort();
    for (int64_t i = 0; i < got; i++) {
        if (bytes[i] != byte_at(e->read + (uint64_t)i))
            abort();
    }
    e->read += got > 0 ? (uint64_t)got : 0;
    if (e->read > other->written || (got == 0 && !(other->shut && e->read == other->written)))
        abort();
    free(bytes);
}

static void shake_hands(struct end *e)
{
    const int result = tls_session_handshake(e->session);
    if (result < 0 && tls_session_handshake(e->session) == 0)
        abort();
}

static void ask(struct end *e, struct end *other)
{
    uint8_t key[KEY_PUBLIC_SIZE], mine[32], theirs[32];
    size_t size = sizeof(key);
    const struct bytes nonce = bytes_of_text("nonce");
    if (tls_session_peer_key(e->session, key, &size) == 0 && size != sizeof(key))
        abort();
    if (tls_session_export(e->session, "l", nonce, mine, 32) == 0 &&
        tls_session_export(other->session, "l", nonce, theirs, 32) == 0 &&
        memcmp(mine, theirs, 32) != 0)
        abort();
    if (tls_session_why(e->session) == NULL)
        abort();
}

/* The high bit of an operation says whose; its size comes behind it. */
static void operate(struct cur *c, struct end ends[static 2])
{
    const uint8_t what = cur_u8(c);
    struct end *e = &ends[what >> 7], *other = &ends[!(what >> 7)];
    switch (what & 0x7f) {
    case 'c':
        carry(e, other, cur_le16(c), 0, 0);
        break;
    case 'x':
        carry(e, other, SIZE_MAX, cur_le16(c), cur_u8(c));
        break;
    case 'p':
        put_in_place(e, other);
        break;
    case 'm':
        make_up(e, c);
        break;
    case 'h':
        shake_hands(e);
        break;
    case 'w':
        write_to(e, 1u + cur_le16(c));
        break;
    case 'r':
        read_from(e, other, 1u + cur_le16(c));
        break;
    case 's':
        e->shut = e->shut || tls_session_handshake(e->session) == 0;
        tls_session_shutdown(e->session);
        break;
    case 'e':
        tls_session_feed_end(e->session);
        break;
    case 'a':
        ask(e, other);
        break;
    default:
        cur_fail(c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cur c = cur_init((struct bytes){.data = data, .size = size});
    const uint8_t kinds = cur_u8(&c);
    const struct tls_config configs[2] = {
        {.own = kinds & 1 ? identity() : NULL, .alpn = kinds & 4 ? "a" : "b"},
        {.server = true, .own = identity(), .ask_client = kinds & 2, .alpn = kinds & 8 ? "a" : "b"},
    };
    struct end ends[2] = {{0}};
    for (int i = 0; i < 2; i++) {
        if (tls_session_new(&configs[i], &ends[i].session) < 0)
            abort();
    }
    while (cur_ok(&c) && cur_left(&c) > 0)
        operate(&c, ends);
    tls_session_free(ends[0].session);
    tls_session_free(ends[1].session);
    tls_session_free(NULL);
    return 0;
}
