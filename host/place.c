/* SPDX-License-Identifier: Apache-2.0 */
/* HOST:PORT and addresses; see place.h. */
#define _GNU_SOURCE
#include "host/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* ---- text ---- */

bool port_parse(struct bytes text, uint16_t *out)
{
    uint32_t port = 0;
    if (text.size == 0 || text.size > 5 || text.data[0] == '0')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        port = port * 10 + (text.data[i] - '0');
    }
    *out = (uint16_t)port;
    return port <= UINT16_MAX;
}

/* No '%': an interface of the host's is not for others to name. */
static bool is_name(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_";
    return host[0] != '\0' && host[strspn(host, allowed)] == '\0';
}

int place_parse(struct bytes text, struct place *out)
{
    struct place place = {.port = 0};
    struct in6_addr address;
    const uint8_t *colon = text.size == 0 ? NULL : memrchr(text.data, ':', text.size);
    struct bytes host = {.data = text.data};
    if (colon == NULL)
        return -EINVAL;
    host.size = (size_t)(colon - text.data);
    const bool bracketed = host.size > 2 && host.data[0] == '[' && colon[-1] == ']';
    if (bracketed)
        host = (struct bytes){host.data + 1, host.size - 2};
    if (host.size >= sizeof(place.host) || memchr(host.data, '\0', host.size) != NULL)
        return -EINVAL;
    memcpy(place.host, host.data, host.size);
    const bool known =
        bracketed ? inet_pton(AF_INET6, place.host, &address) == 1 : is_name(place.host);
    const struct bytes port = {colon + 1, (size_t)(text.data + text.size - colon - 1)};
    if (!known || !port_parse(port, &place.port))
        return -EINVAL;
    *out = place;
    return 0;
}

/* ---- addresses ---- */

static struct in6_addr mapped(const struct in_addr *four)
{
    struct in6_addr address = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&address.s6_addr[12], four, 4);
    return address;
}

bool host_address_parse(const char *text, struct in6_addr *out)
{
    struct in_addr four;
    if (inet_pton(AF_INET, text, &four) == 1) {
        *out = mapped(&four);
        return true;
    }
    return inet_pton(AF_INET6, text, out) == 1;
}

struct in6_addr host_address_of(const struct sockaddr *address)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof(four));
        return mapped(&four.sin_addr);
    }
    memcpy(&six, address, sizeof(six));
    return six.sin6_addr;
}

void address_put(const struct sockaddr_storage *a, char text[static ADDRESS_TEXT_MAX])
{
    char host[ADDRESS_TEXT_MAX] = "?", port[8] = "?";
    const bool four = a->ss_family == AF_INET;
    (void)!getnameinfo((const struct sockaddr *)a, sizeof(*a), host, sizeof(host), port,
                       sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    if (snprintf(text, ADDRESS_TEXT_MAX, four ? "%s:%s" : "[%s]:%s", host, port) < 0)
        text[0] = '\0';
}

/* What begins with the first `bits` of `prefix`. */
struct range {
    uint8_t prefix[6];
    uint8_t bits;
};

static bool is_within(const uint8_t *address, const struct range *r)
{
    const unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(address, r->prefix, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ r->prefix[whole]) >> (8 - rest) == 0;
}

static bool is_within_any(const uint8_t *address, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_within(address, &ranges[i]))
            return true;
    }
    return false;
}

/* [RFC 6890 2.2.2], and multicast with what is beyond it. */
static const struct range special_4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared [RFC 6598] */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* of protocols */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* relays of 6to4 */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 3},           /* multicast, reserved, broadcast */
};

/* Within 2000::/3, which is all that is given out [RFC 4291 2.4]. */
static const struct range special_6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* of protocols, Teredo among them [RFC 6890 2.2.3] */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4: stands for one of IPv4 */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation [RFC 9637] */
};
static const struct range unicast_6 = {{0x20}, 3};

bool host_address_is_public(const struct in6_addr *a)
{
    static const uint8_t translated[12] = {0x00, 0x64, 0xff, 0x9b}; /* [RFC 6052 2.1] */
    const bool four = IN6_IS_ADDR_V4MAPPED(a) || memcmp(a->s6_addr, translated, 12) == 0;
    if (four)
        return !is_within_any(&a->s6_addr[12], special_4, ARRAY_COUNT(special_4));
    return is_within(a->s6_addr, &unicast_6) &&
           !is_within_any(a->s6_addr, special_6, ARRAY_COUNT(special_6));
}
