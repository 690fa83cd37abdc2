/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps open; see streams.h. Trusts the ushers, which are threads of this process. */
#define _GNU_SOURCE
#include "svc/agent/streams.h"

#include "net/steward_client.h"
#include "svc/agent/keeps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(STEWARD_ANSWER_MAX <= USHER_SAID_MAX && STEWARD_URL_MAX <= USHER_URL_MAX,
               "what a steward may say fits");

/* What outlives the agent itself. */
struct kept {
    struct ushers ushers;
    struct usher_rules rules;
};

/* ---- saying ---- */

static const char *owner_of(const struct keeps *keeps, const char *id)
{
    for (const struct hosted *h = keeps->list; h != NULL; h = h->next) {
        if (strcmp(h->id, id) == 0)
            return h->owner;
    }
    return "somebody";
}

static void say(const struct streams *s, const struct usher_told *t, enum stream_result result)
{
    static const struct {
        const char *does, *would, *option;
    } words[USHER_KINDS] = {
        [USHER_LISTEN] = {"listens on", "listen on", "--allow-listen"},
        [USHER_CONNECT] = {"is connected to", "connect to", "--allow-connect"},
        [USHER_NONCE] = {"has a nonce of the steward at", "ask the steward at", "--allow-connect"},
        [USHER_CERTIFICATE] = {"has a certificate of the steward at", "ask the steward at",
                               "--allow-connect"},
    };
    const bool six = strchr(t->place.host, ':') != NULL;
    char place[HOST_NAME_SIZE + 16];
    snprintf(place, sizeof(place), six ? "[%s]:%u" : "%s:%u", t->place.host, t->place.port);
    struct audit *audit = s->keeps->audit;
    const char *owner = owner_of(s->keeps, t->name);
    if (result == STREAM_OPENED)
        audit_say(audit, "keep %s of %s %s %s", t->name, owner, words[t->kind].does, place);
    else if (result == STREAM_REFUSED)
        audit_say(audit, "keep %s of %s may not %s %s: no rule of %s covers that", t->name, owner,
                  words[t->kind].would, place, words[t->kind].option);
    else
        audit_say(audit, "keep %s of %s cannot %s %s: %s", t->name, owner, words[t->kind].would,
                  place, t->why.text[0] != '\0' ? t->why.text : strerror(-t->result));
}

static void on_told(void *context, uint32_t events)
{
    struct streams *s = context;
    struct usher_told told;
    (void)events;
    while (read(s->told.fd, &told, sizeof(told)) == (ssize_t)sizeof(told)) {
        const enum stream_result result = told.refused      ? STREAM_REFUSED
                                          : told.result < 0 ? STREAM_FAILED
                                                            : STREAM_OPENED;
        s->counts[told.kind][result]++;
        say(s, &told, result);
    }
}

/* ---- the whole ---- */

int streams_open(struct streams *s, const struct keeps *keeps, struct loop *loop,
                 const struct usher_rules *rules, unsigned living_max)
{
    int ends[2];
    struct kept *kept = calloc(1, sizeof(*kept));
    if (kept == NULL)
        return -ENOMEM;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        const int error = -errno;
        free(kept);
        return error;
    }
    kept->rules = *rules;
    kept->ushers = (struct ushers){.rules = &kept->rules,
                                   .carry = steward_client_carry,
                                   .told_fd = ends[1],
                                   .living_max = living_max};
    *s = (struct streams){
        .ushers = &kept->ushers,
        .keeps = keeps,
        .told = {.fd = ends[0], .ready = on_told, .context = s},
    };
    return loop_add(loop, &s->told, EPOLLIN);
}

/* Ushers that are still at something keep the other end. */
void streams_close(struct streams *s)
{
    if (s->ushers != NULL)
        close(s->told.fd);
}
