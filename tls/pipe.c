/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes on their way; see pipe.h. */
#include "tls/pipe.h"

#include <stdlib.h>
#include <string.h>

#define PIPE_MIN 4096u

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t most(size_t a, size_t b) { return a > b ? a : b; }

void pipe_fini(struct pipe *p)
{
    free(p->data);
    *p = (struct pipe){0};
}

struct bytes pipe_held(const struct pipe *p)
{
    if (p->data == NULL)
        return (struct bytes){0};
    return (struct bytes){.data = p->data + p->start, .size = p->end - p->start};
}

size_t pipe_room(const struct pipe *p) { return PIPE_MAX - (p->end - p->start); }

/* What was much too large is smaller the next time. */
void pipe_taken(struct pipe *p, size_t size)
{
    p->start += size;
    if (p->data == NULL || p->start < p->end)
        return;
    if (p->end > 0 && p->end <= p->room / 4)
        p->usual = p->room / 2;
    free(p->data);
    *p = (struct pipe){.usual = p->usual};
}

/* Room for `more` behind what is held. What is moved for it is less than what has been
 * taken, or twice as much fits from then on. */
static bool make_room(struct pipe *p, size_t more)
{
    const struct bytes held = pipe_held(p);
    const size_t needed = held.size + more;
    if (p->data != NULL && p->room - p->end >= more)
        return true;
    if (needed <= p->room && p->room >= p->usual && held.size <= p->start) {
        memcpy(p->data, held.data, held.size);
    } else {
        const size_t wanted = most(p->usual, p->data == NULL ? needed : 2 * needed);
        const size_t room = least(most(wanted, PIPE_MIN), PIPE_MAX);
        uint8_t *data = malloc(room);
        if (data == NULL)
            return false;
        if (held.size > 0)
            memcpy(data, held.data, held.size);
        free(p->data);
        p->data = data;
        p->room = room;
        p->usual = room;
    }
    p->start = 0;
    p->end = held.size;
    return true;
}

uint8_t *pipe_space(struct pipe *p, size_t *size)
{
    const size_t some = least(pipe_room(p), PIPE_MIN);
    *size = 0;
    if (some == 0 || !make_room(p, some))
        return NULL;
    *size = p->room - p->end;
    return p->data + p->end;
}

/* Who fills all there is has more to come. */
void pipe_added(struct pipe *p, size_t size)
{
    p->end += size;
    if (p->end == p->room)
        p->usual = least(2 * p->room, PIPE_MAX);
    pipe_taken(p, 0);
}

bool pipe_put(struct pipe *p, struct bytes from)
{
    if (!make_room(p, from.size))
        return false;
    memcpy(p->data + p->end, from.data, from.size);
    p->end += from.size;
    return true;
}
