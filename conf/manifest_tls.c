/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest may say of TLS; see manifest_tls.h. Trusts nothing. */
#include "conf/manifest_tls.h"

#include "base/der.h"
#include "conf/host_name.h"
#include "conf/manifest_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALPN_MAX 1024u /* bytes of all names together: more than anybody offers */

/* Whether a name of `list` that ends at `before` or earlier is that one. */
static bool named_before(struct bytes list, const uint8_t *before, struct bytes name)
{
    struct cur c = cur_init(list);
    while (c.pos < before) {
        if (bytes_equal(cur_take(&c, cur_u8(&c)), name))
            return true;
    }
    return false;
}

bool manifest_alpn_ok(struct bytes alpn)
{
    struct cur c = cur_init(alpn);
    if (alpn.size > ALPN_MAX)
        return false;
    while (cur_left(&c) > 0) {
        const uint8_t *start = c.pos;
        const struct bytes name = cur_take(&c, cur_u8(&c));
        if (name.size == 0 || named_before(alpn, start, name))
            return false;
    }
    return cur_ok(&c);
}

/* ---- the steward ---- */

static bool take_text(struct cur *c, const char *text)
{
    const struct bytes want = bytes_of_text(text);
    struct cur ahead = *c;
    if (!bytes_equal(cur_take(&ahead, want.size), want))
        return false;
    *c = ahead;
    return true;
}

/* What lies before one of `ends`, or all that is left. */
static struct bytes take_until(struct cur *c, const char *ends)
{
    struct cur ahead = *c;
    size_t size = 0;
    while (cur_left(&ahead) > 0 && strchr(ends, cur_u8(&ahead)) == NULL)
        size++;
    return cur_take(c, size);
}

static bool address_ok(struct bytes address)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct in6_addr parsed;
    if (address.size >= sizeof(text))
        return false;
    for (size_t i = 0; i < address.size; i++)
        text[i] = (char)address.data[i];
    return strlen(text) == address.size && inet_pton(AF_INET6, text, &parsed) == 1;
}

static bool take_host(struct cur *c)
{
    if (!take_text(c, "["))
        return host_name_ok(take_until(c, ":/"));
    return address_ok(take_until(c, "]")) && take_text(c, "]");
}

static bool port_ok(struct bytes port)
{
    uint32_t value = 0;
    for (size_t i = 0; i < port.size && i <= 5; i++) {
        if (port.data[i] < '0' || port.data[i] > '9')
            return false;
        value = 10 * value + (uint32_t)(port.data[i] - '0');
    }
    return value > 0 && value <= UINT16_MAX && port.size <= 5;
}

/* [RFC 3986 3.3] */
static bool path_ok(struct bytes path)
{
    for (size_t i = 0; i < path.size; i++) {
        const uint8_t c = path.data[i];
        if (c <= ' ' || c > '~' || strchr("\"#<>?[\\]^`{|}", c) != NULL)
            return false;
    }
    return path.size == 0 || path.data[0] == '/';
}

bool manifest_url_ok(struct bytes url)
{
    struct cur c = cur_init(url);
    if (url.size > MANIFEST_STEWARD_MAX || !(take_text(&c, "https://") || take_text(&c, "http://")))
        return false;
    return take_host(&c) && (!take_text(&c, ":") || port_ok(take_until(&c, "/"))) &&
           path_ok(cur_take(&c, cur_left(&c)));
}

/* `used` has a place for each of cas. */
static bool steward_ok(const struct manifest *m, bool *used)
{
    if (m->steward.size == 0)
        return m->steward_ca == 0;
    if (!manifest_url_ok(m->steward) || m->steward_ca >= m->ca_count)
        return false;
    used[m->steward_ca] = true;
    return manifest_count_tls(m->streams, m->stream_count) > 0;
}

/* ---- streams ---- */

static bool is_zero(const struct manifest_tls *t)
{
    return t->clients == CLIENTS_NONE && t->verify == VERIFY_NONE && t->trust == 0 &&
           t->server_name.size == 0 && t->alpn.size == 0;
}

static bool kind_ok(const struct manifest_stream *s)
{
    const struct manifest_tls *t = &s->tls;
    if (s->kind == STREAM_LISTEN)
        return t->server_name.size == 0 &&
               (t->clients == CLIENTS_NONE) == (t->verify == VERIFY_NONE);
    return t->clients == CLIENTS_NONE && t->verify != VERIFY_NONE;
}

/* `used` has a place for each of cas, and behind them for each of policies. */
static bool trust_ok(const struct manifest *m, const struct manifest_tls *t, bool *used)
{
    const bool attested = t->verify == VERIFY_ATTESTED;
    if (t->verify == VERIFY_NONE)
        return t->trust == 0;
    if (t->trust >= (attested ? m->policy_count : m->ca_count))
        return false;
    used[(attested ? m->ca_count : 0) + t->trust] = true;
    return true;
}

static bool streams_ok(const struct manifest *m, bool *used)
{
    for (size_t i = 0; i < m->stream_count; i++) {
        const struct manifest_stream *s = &m->streams[i];
        if (!manifest_stream_is_tls(s) && !is_zero(&s->tls))
            return false;
        if (manifest_stream_is_tls(s) &&
            !(kind_ok(s) && trust_ok(m, &s->tls, used) && manifest_alpn_ok(s->tls.alpn) &&
              manifest_text_ok(s->tls.server_name)))
            return false;
    }
    return true;
}

static bool all_used(const struct manifest *m, const bool *used)
{
    for (size_t i = 0; i < m->ca_count + m->policy_count; i++) {
        if (!used[i])
            return false;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    if (x->size != y->size || x->size == 0)
        return (x->size > y->size) - (x->size < y->size);
    return memcmp(x->data, y->data, x->size);
}

/* No two alike. 0, -EBADMSG or -ENOMEM. */
static int check_unique(const struct bytes *items, size_t count)
{
    if (count == 0)
        return 0;
    struct bytes *sorted = calloc(count, sizeof(*sorted));
    if (sorted == NULL)
        return -ENOMEM;
    memcpy(sorted, items, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare);
    int error = 0;
    for (size_t i = 1; error == 0 && i < count; i++) {
        if (compare(&sorted[i - 1], &sorted[i]) == 0)
            error = -EBADMSG;
    }
    free(sorted);
    return error;
}

static bool certificates_ok(struct bytes set)
{
    struct cur c = cur_init(set);
    while (cur_left(&c) > 0)
        (void)der_take_whole(&c, DER_SEQUENCE);
    return set.size > 0 && cur_ok(&c);
}

static bool contents_ok(const struct manifest *m)
{
    for (size_t i = 0; i < m->ca_count; i++) {
        if (!certificates_ok(m->cas[i]))
            return false;
    }
    for (size_t i = 0; i < m->cert_name_count; i++) {
        if (!host_name_ok(m->cert_names[i]))
            return false;
    }
    return m->cert_name_count <= MANIFEST_NAMES_MAX;
}

int manifest_check_tls(const struct manifest *m)
{
    bool *used = calloc(m->ca_count + m->policy_count + 1, sizeof(*used));
    int error = used == NULL ? -ENOMEM : 0;
    if (error == 0 &&
        !(streams_ok(m, used) && steward_ok(m, used) && all_used(m, used) && contents_ok(m)))
        error = -EBADMSG;
    free(used);
    if (error == 0)
        error = check_unique(m->cas, m->ca_count);
    if (error == 0)
        error = check_unique(m->policies, m->policy_count);
    return error < 0 ? error : check_unique(m->cert_names, m->cert_name_count);
}
