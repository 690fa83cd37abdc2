/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of a keep to its usher, of any bytes: refused, or with a place that reads back, and
 * a URL that leads there. */
/* links: host/usher_order.c host/place.c base/cur.c */
#include "host/usher_order.h"

#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_place(const struct place *a, const struct place *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

static void check_place(const struct place *place)
{
    char text[HOST_NAME_SIZE + 16];
    struct place again;
    snprintf(text, sizeof(text), strchr(place->host, ':') != NULL ? "[%s]:%u" : "%s:%u",
             place->host, place->port);
    if (place->port == 0 || place_parse(bytes_of_text(text), &again) < 0 ||
        !is_same_place(place, &again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct usher_order order;
    if (usher_order_parse((struct bytes){.data = data, .size = size}, &order) < 0)
        return 0;
    check_place(&order.place);
    const bool steward = order.kind == USHER_NONCE || order.kind == USHER_CERTIFICATE;
    if (steward != (strstr(order.url, "://") != NULL))
        abort();
    if (steward && strstr(order.url, order.place.host) == NULL)
        abort();
    if (order.request.size > 0 && order.request.data + order.request.size != data + size)
        abort();
    return 0;
}
