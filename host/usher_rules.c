/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps may open; see usher_rules.h. */
#define _GNU_SOURCE
#include "host/usher_rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- reading ---- */

/* "8080" or "8080-8090". */
static bool read_ports(struct bytes text, struct usher_rule *rule)
{
    const uint8_t *dash = text.size == 0 ? NULL : memchr(text.data, '-', text.size);
    const size_t size = dash == NULL ? text.size : (size_t)(dash - text.data);
    if (!port_parse((struct bytes){text.data, size}, &rule->first))
        return false;
    rule->last = rule->first;
    return dash == NULL ||
           (port_parse((struct bytes){dash + 1, text.size - size - 1}, &rule->last) &&
            rule->first <= rule->last);
}

/* A rule in its parts, with nothing of it read yet. */
struct parts {
    struct bytes host;  /* without brackets */
    struct bytes ports; /* null: none */
    bool bracketed;
};

static bool split(struct bytes text, struct parts *out)
{
    const uint8_t *end = text.data + text.size;
    const uint8_t *close = text.size == 0 ? NULL : memchr(text.data, ']', text.size);
    const uint8_t *colon = text.size == 0 ? NULL : memrchr(text.data, ':', text.size);
    *out = (struct parts){.bracketed = text.size > 0 && text.data[0] == '['};
    if (out->bracketed) {
        if (close == NULL || (close + 1 != end && close[1] != ':'))
            return false;
        colon = close + 1 == end ? NULL : close + 1;
        out->host = (struct bytes){text.data + 1, (size_t)(close - text.data - 1)};
    } else {
        out->host = (struct bytes){text.data, (size_t)((colon == NULL ? end : colon) - text.data)};
    }
    if (colon != NULL)
        out->ports = (struct bytes){colon + 1, (size_t)(end - colon - 1)};
    return true;
}

static void lower(const char *from, char to[static HOST_NAME_SIZE])
{
    size_t length = strnlen(from, HOST_NAME_SIZE - 1);
    for (size_t i = 0; i < length; i++)
        to[i] = (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] + ('a' - 'A') : from[i]);
    length -= length > 0 && from[length - 1] == '.'; /* the root, which every name has */
    to[length] = '\0';
}

/* What names look like is place_parse's to say. */
static bool read_whose(const struct parts *p, struct usher_rule *rule)
{
    char text[HOST_NAME_SIZE + 8];
    struct place place;
    const bool domain = p->host.size > 2 && memcmp(p->host.data, "*.", 2) == 0;
    const size_t skip = domain ? 2 : 0;
    if (p->host.size >= HOST_NAME_SIZE)
        return false;
    const int size = snprintf(text, sizeof(text), p->bracketed ? "[%.*s]:1" : "%.*s:1",
                              (int)(p->host.size - skip), (const char *)p->host.data + skip);
    if (place_parse((struct bytes){(const uint8_t *)text, (size_t)size}, &place) < 0)
        return false;
    if (domain)
        rule->name[0] = '.';
    lower(place.host, rule->name + domain);
    rule->whose = domain                                           ? WHOSE_DOMAIN
                  : host_address_parse(rule->name, &rule->address) ? WHOSE_ADDRESS
                                                                   : WHOSE_NAME;
    return rule->name[domain] != '\0';
}

static bool read_listen(struct bytes text, struct usher_rule *rule)
{
    struct parts p;
    if (!split(text, &p))
        return false;
    if (p.ports.data == NULL)
        return !p.bracketed && read_ports(p.host, rule);
    return read_whose(&p, rule) && rule->whose == WHOSE_ADDRESS && read_ports(p.ports, rule);
}

static bool read_connect(struct bytes text, struct usher_rule *rule)
{
    struct parts p;
    rule->first = 1;
    rule->last = UINT16_MAX;
    if (!split(text, &p) || (p.ports.data != NULL && !read_ports(p.ports, rule)))
        return false;
    return (p.host.size == 1 && p.host.data[0] == '*') || read_whose(&p, rule);
}

static int read_list(const char *text, bool (*read)(struct bytes text, struct usher_rule *rule),
                     struct usher_rule *rules, size_t *count)
{
    for (bool more = true; more;) {
        const size_t length = strcspn(text, ",");
        struct usher_rule rule = {.whose = WHOSE_ANY};
        if (!read((struct bytes){(const uint8_t *)text, length}, &rule))
            return -EINVAL;
        if (*count == USHER_RULES_MAX)
            return -E2BIG;
        rules[(*count)++] = rule;
        more = text[length] == ',';
        text += length + more;
    }
    return 0;
}

int usher_rules_listen(struct usher_rules *rules, const char *text)
{
    return read_list(text, read_listen, rules->listen, &rules->listen_count);
}

int usher_rules_connect(struct usher_rules *rules, const char *text)
{
    return read_list(text, read_connect, rules->connect, &rules->connect_count);
}

/* ---- asking ---- */

static bool has_port(const struct usher_rule *rule, uint16_t port)
{
    return port >= rule->first && port <= rule->last;
}

static bool is_below(const char *name, const char *domain)
{
    const size_t length = strlen(name), end = strlen(domain);
    return length > end && strcmp(name + length - end, domain) == 0;
}

/* `address` null: the host is a name. */
static enum usher_reach reach_by(const struct usher_rule *rule, const char *name,
                                 const struct in6_addr *address)
{
    switch (rule->whose) {
    case WHOSE_ANY:
        return REACH_PUBLIC;
    case WHOSE_ADDRESS:
        return address != NULL && IN6_ARE_ADDR_EQUAL(address, &rule->address) ? REACH_ALL
                                                                              : REACH_NOTHING;
    case WHOSE_NAME:
        return address == NULL && strcmp(name, rule->name) == 0 ? REACH_ALL : REACH_NOTHING;
    case WHOSE_DOMAIN:
        return address == NULL && is_below(name, rule->name) ? REACH_PUBLIC : REACH_NOTHING;
    }
    return REACH_NOTHING;
}

enum usher_reach usher_rules_reach(const struct usher_rules *rules, const struct place *place)
{
    char name[HOST_NAME_SIZE];
    struct in6_addr address;
    enum usher_reach most = rules->anywhere ? REACH_ALL : REACH_NOTHING;
    const bool numeric = host_address_parse(place->host, &address);
    lower(place->host, name);
    for (size_t i = 0; i < rules->connect_count; i++) {
        const struct usher_rule *rule = &rules->connect[i];
        const enum usher_reach reach = reach_by(rule, name, numeric ? &address : NULL);
        if (has_port(rule, place->port) && reach > most)
            most = reach;
    }
    return most;
}

bool usher_rules_may_listen(const struct usher_rules *rules, const struct in6_addr *address,
                            uint16_t port)
{
    for (size_t i = 0; i < rules->listen_count; i++) {
        const struct usher_rule *rule = &rules->listen[i];
        if (has_port(rule, port) &&
            (rule->whose == WHOSE_ANY || IN6_ARE_ADDR_EQUAL(address, &rule->address)))
            return true;
    }
    return false;
}
