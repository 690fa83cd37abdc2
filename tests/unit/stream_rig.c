/* SPDX-License-Identifier: Apache-2.0 */
/* See stream_rig.h. */
#include "tests/unit/stream_rig.h"

#include "tests/unit/port_sockets.h"
#include "tests/unit/tls_pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct stream_rig rig;

void rig_carry(void) { socket_carry(rig.peer, rig.fd); }

void peer_shakes(void)
{
    rig_carry();
    (void)!tls_session_handshake(rig.peer);
    rig_carry();
}

void rig_connect(void)
{
    int pair[2];
    socket_pair(pair);
    rig.fd = pair[1];
    rig.peer = pair_client(NULL);
    assert_int_equal(tls_stream_new(&rig.set, rig.context, pair[0], &rig.stream), 0);
    rig.object = &rig.stream->waiter.object;
}

int rig_begin(void **state)
{
    (void)state;
    memset(&host, 0, sizeof(host));
    host.now = 1;
    const struct tls_config config = {.server = true, .own = pair_identity(true)};
    tls_streams_init(&rig.set, NULL);
    assert_int_equal(tls_context_new(&config, &rig.context), 0);
    rig_connect();
    return 0;
}

void rig_shake(void)
{
    while (tls_stream_handshake(rig.stream) == -EAGAIN)
        peer_shakes();
    peer_shakes();
    assert_int_equal(rig.stream->state, 0);
    assert_int_equal(tls_session_handshake(rig.peer), 0);
}

int rig_open(void **state)
{
    rig_begin(state);
    rig_shake();
    return 0;
}

int rig_end(void **state)
{
    (void)state;
    tls_session_free(rig.peer);
    if (rig.fd >= 0)
        close(rig.fd);
    if (rig.object != NULL)
        tls_stream_drop(rig.stream);
    tls_context_free(rig.context);
    return 0;
}

void rig_close(void)
{
    rig.object->ops->close(rig.object);
    rig.object = NULL;
}

void peer_leaves(void)
{
    close(rig.fd);
    rig.fd = -1;
}

void peer_says(const char *text)
{
    assert_int_equal(tls_session_write(rig.peer, bytes_of_text(text)), strlen(text));
    rig_carry();
}

void peer_hears(const char *text)
{
    char got[256] = "";
    rig_carry();
    assert_int_equal(tls_session_read(rig.peer, got, sizeof(got)), strlen(text));
    assert_string_equal(got, text);
}

int64_t rig_take(void *to, size_t size, unsigned flags)
{
    return rig.object->ops->read(rig.object, to, size, flags);
}

int64_t rig_give(const void *from, size_t size)
{
    return rig.object->ops->write(rig.object, from, size);
}

unsigned rig_wait(unsigned want)
{
    struct wait_row row = {.object = rig.object, .want = want};
    assert_true(wait_for(&rig.set.company, &row, 1, 0) >= 0);
    return row.ready;
}

size_t rig_fill(void)
{
    static uint8_t much[1 << 18];
    size_t given = 0;
    for (int64_t more; (more = rig_give(much, sizeof(much))) != -EAGAIN; given += (size_t)more)
        assert_true(more > 0);
    return given;
}

size_t peer_drains(void)
{
    static uint8_t part[1 << 18];
    size_t heard = 0;
    rig_carry();
    for (int64_t got; (got = tls_session_read(rig.peer, part, sizeof(part))) > 0; rig_carry())
        heard += (size_t)got;
    return heard;
}
