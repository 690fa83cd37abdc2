/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of orders; see usher_order.h. */
#include "host/usher_order.h"

#include "host/usher_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- a steward's URL ---- */

static bool begins(struct bytes text, const char *with)
{
    const size_t length = strlen(with);
    return text.size >= length && memcmp(text.data, with, length) == 0;
}

/* Printable, and nothing that other readers of URLs take for the end of something: what we
 * check must be what they connect to [RFC 3986 2]. */
static bool is_plain(struct bytes url)
{
    for (size_t i = 0; i < url.size; i++) {
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f || strchr("\\@\"<>^`{|}#", url.data[i]))
            return false;
    }
    return true;
}

/* Where it leads [RFC 3986 3.2]. */
static bool read_place(struct bytes url, struct place *out)
{
    const bool secure = begins(url, "https://");
    const size_t skip = secure ? 8 : 7;
    char text[HOST_NAME_SIZE + 16];
    if (!secure && !begins(url, "http://"))
        return false;
    size_t size = 0;
    while (skip + size < url.size && strchr("/?", url.data[skip + size]) == NULL)
        size++;
    const struct bytes given = {url.data + skip, size};
    if (place_parse(given, out) == 0)
        return true;
    const int length = snprintf(text, sizeof(text), "%.*s:%u", (int)size, (const char *)given.data,
                                secure ? 443u : 80u);
    return length < (int)sizeof(text) &&
           place_parse((struct bytes){(const uint8_t *)text, (size_t)length}, out) == 0;
}

static bool read_url(struct bytes url, struct usher_order *out)
{
    if (url.size > USHER_URL_MAX || !CHECK(usher_url, is_plain(url)) ||
        !read_place(url, &out->place))
        return false;
    memcpy(out->url, url.data, url.size);
    out->url[url.size] = '\0';
    return true;
}

/* ---- the whole ---- */

/* A URL and what comes behind the NUL. */
static bool read_request(struct bytes text, struct usher_order *out)
{
    const uint8_t *end = text.size == 0 ? NULL : memchr(text.data, '\0', text.size);
    if (end == NULL)
        return false;
    const size_t size = (size_t)(end - text.data);
    out->request = (struct bytes){end + 1, text.size - size - 1};
    return out->request.size > 0 && read_url((struct bytes){text.data, size}, out);
}

static bool read_text(struct bytes text, struct usher_order *out)
{
    switch (out->kind) {
    case USHER_LISTEN:
    case USHER_CONNECT:
        return place_parse(text, &out->place) == 0;
    case USHER_NONCE:
        return read_url(text, out);
    case USHER_CERTIFICATE:
        return read_request(text, out);
    }
    return false;
}

int usher_order_parse(struct bytes message, struct usher_order *out)
{
    struct cur c = cur_init(message);
    *out = (struct usher_order){.kind = cur_le32(&c), .number = cur_le32(&c)};
    const struct bytes text = cur_take(&c, cur_left(&c));
    return cur_done(&c) && read_text(text, out) ? 0 : -EBADMSG;
}
