/* SPDX-License-Identifier: Apache-2.0 */
/* Where keeps may listen, and what they may connect to, as the host's operator says. Trusts
 * the operator. Pure. */
#ifndef HOST_USHER_RULES_H
#define HOST_USHER_RULES_H

#include "host/place.h"

#define USHER_RULES_MAX 64u /* of each kind */

/* Whose name or address a rule is about. */
enum usher_whose {
    WHOSE_ANY,     /* listen: every address; connect: "*" */
    WHOSE_ADDRESS, /* this one */
    WHOSE_NAME,    /* this one, whatever it resolves to */
    WHOSE_DOMAIN,  /* "*.example.org": every name below it */
};

struct usher_rule {
    enum usher_whose whose;
    struct in6_addr address;
    char name[HOST_NAME_SIZE]; /* in lower case; of a domain ".example.org" */
    uint16_t first, last;      /* ports */
};

/* All zero: nothing is allowed. */
struct usher_rules {
    struct usher_rule listen[USHER_RULES_MAX];
    size_t listen_count;
    struct usher_rule connect[USHER_RULES_MAX];
    size_t connect_count;
    bool anywhere; /* keeps may connect to whatever the host can reach */
};

/* Adds rules, one or some with commas between them: "8080", "9000-9100", "192.0.2.7:443",
 * "[::1]:8080-8090". 0, -EINVAL or, for too many, -E2BIG. */
must_use int usher_rules_listen(struct usher_rules *rules, const char *text);

/* The same: "example.org:443", "192.0.2.7:8000-8999", "[2001:db8::7]", "*.example.org:443",
 * "*"; without ports all of them. */
must_use int usher_rules_connect(struct usher_rules *rules, const char *text);

/* What keeps may reach by that name. */
enum usher_reach {
    REACH_NOTHING,
    REACH_PUBLIC, /* no more than host_address_is_public: nobody has named it */
    REACH_ALL,
};
enum usher_reach usher_rules_reach(const struct usher_rules *rules, const struct place *place);

/* Whether keeps may listen there. */
bool usher_rules_may_listen(const struct usher_rules *rules, const struct in6_addr *address,
                            uint16_t port);

#endif
