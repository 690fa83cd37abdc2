/* SPDX-License-Identifier: Apache-2.0 */
/* A session with a keep: what waits, reads and writes; see session.h. */
#define _GNU_SOURCE
#include "host/deploy/session.h"

#include "base/wipe.h"
#include "crypto/digest.h"
#include "host/clock.h"
#include "host/deploy/session_parts.h"
#include "host/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define GRACE_MS    5000u   /* that a program has to heed a signal */
#define PATIENCE_MS 60000u  /* that a host has to go on with what is no program's business ... */
#define LOADING_MS  600000u /* ... and a keep to check a workload of gigabytes */
#define GOODBYE_MS  2000u   /* that the wire has to take the last of it */
#define BURST       32u     /* reads before others have their turn */

/* ---- signals ---- */

static void send_signal(struct session *s, int number)
{
    struct put put = session_queue_open(s);
    owner_put_signal(&s->owner, (uint32_t)number, &put);
    session_queue_close(s, &put);
}

/* The first that is passed on starts the program's grace. */
static void pass_on(struct session *s, int number)
{
    if (s->owner.phase != OWNER_RUNNING) {
        session_end_by_signal(s, number, false);
        return;
    }
    if (s->grace_until == 0) {
        s->first_signal = number;
        s->grace_until = clock_ms() + GRACE_MS;
    }
    send_signal(s, number);
}

/* A terminal that closes leaves what runs without it. */
static bool only_leaves(const struct session *s, int number)
{
    const enum session_role role = s->plan->role;
    return role == SESSION_WATCHES || role == SESSION_READS ||
           (role == SESSION_ATTACHES && number == SIGHUP);
}

static void take_signal(struct session *s)
{
    struct signalfd_siginfo info;
    if (read(s->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    const int number = (int)info.ssi_signo;
    s->signals++;
    if (only_leaves(s, number))
        session_end_by_signal(s, number, false);
    else if (s->signals < SIGNALS_PATIENCE)
        pass_on(s, number);
    else
        session_end_by_signal(s, number, true);
}

/* As if the program itself had written to a pipe that nobody reads. */
static void output_broke(struct session *s)
{
    s->outcome->output_error = s->streams.out.error;
    if (only_leaves(s, SIGHUP))
        session_end_by_signal(s, SIGPIPE, false);
    else
        pass_on(s, SIGPIPE);
}

static void enforce_deadlines(struct session *s)
{
    const uint64_t now = clock_ms();
    const enum owner_phase phase = s->owner.phase;
    const uint64_t patience = phase == OWNER_LOADED ? LOADING_MS : PATIENCE_MS;
    if (s->grace_until != 0 && now >= s->grace_until)
        session_end_by_signal(s, s->first_signal, true);
    if (s->until != 0 && now >= s->until) {
        s->outcome->stop = true;
        session_end(s, SESSION_TIMEOUT, 0);
    }
    if (phase < OWNER_RUNNING && now - s->heard >= patience)
        session_end_by_error(s, -ETIMEDOUT, "nothing more came from the host");
}

/* ---- the wire ---- */

static int open_owner(struct session *s)
{
    uint8_t key[CHANNEL_OWNER_KEY_MAX];
    size_t size = sizeof(key);
    struct owner_session own = {0};
    const struct bytes nonce = {own.nonce, sizeof(own.nonce)};
    if (getrandom(own.nonce, sizeof(own.nonce), 0) != (ssize_t)sizeof(own.nonce))
        return -EIO;
    int error = tls_session_peer_key(s->tunnel.tls, key, &size);
    if (error == 0)
        error = tls_session_export(s->tunnel.tls, CHANNEL_EXPORTER, nonce, own.exporter,
                                   sizeof(own.exporter));
    own.peer_key = (struct bytes){key, size};
    if (error == 0)
        error = sha256(own.peer_key, s->outcome->keep);
    return error < 0 ? error : owner_init(&s->owner, &s->plan->terms, &own);
}

static void challenge(struct session *s)
{
    struct timespec now;
    struct put put = session_queue_open(s);
    const int error = open_owner(s);
    if (error < 0) {
        session_end_by_error(s, error, "a session with the keep");
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    owner_challenge(&s->owner, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, &put);
    session_queue_close(s, &put);
}

/* True once messages can pass. */
static bool shake_hands(struct session *s)
{
    if (s->owner.phase != OWNER_NEW)
        return true;
    const int error = tunnel_handshake(&s->tunnel);
    if (error == 0)
        challenge(s);
    else if (error != -EAGAIN) {
        fault_set(&s->outcome->why, error, "no session with the keep: %s",
                  tls_session_why(s->tunnel.tls));
        session_end_by_fault(s, OWNER_FAULT_CUT);
    }
    return error == 0 && !s->over;
}

static void pump_in(struct session *s)
{
    s->more = false;
    for (unsigned i = 0; !s->over; i++) {
        if (i == BURST) {
            s->more = true;
            return;
        }
        const int64_t n = tunnel_read(&s->tunnel, s->plain, sizeof(s->plain));
        if (n == -EAGAIN)
            return;
        if (n == -EINTR)
            continue;
        s->heard = clock_ms();
        if (n > 0)
            session_take(s, (struct bytes){s->plain, (size_t)n});
        else
            session_end_by_fault(s, owner_ended(&s->owner));
    }
}

static size_t send_queue(struct session *s)
{
    const struct bytes queued = {s->queue + s->queue_start, s->queue_end - s->queue_start};
    const size_t n = tunnel_write(&s->tunnel, queued);
    s->queue_start += n;
    return n;
}

static size_t send_package(struct session *s)
{
    if (s->owner.phase != OWNER_LOADING || s->queue_start < s->queue_end)
        return 0;
    const size_t n = tunnel_write(&s->tunnel, package_next(&s->package));
    package_advance(&s->package, n);
    if (n > 0)
        s->plan->progress(s->plan->context, s->package.sent, s->package.size);
    if (package_next(&s->package).size == 0)
        owner_loaded(&s->owner);
    return n;
}

static void pump_out(struct session *s)
{
    size_t n;
    do {
        n = send_queue(s);
        n += send_package(s);
        if (n > 0)
            s->heard = clock_ms();
    } while (n > 0 && !s->over);
}

/* ---- this process ---- */

static void take_input(struct session *s)
{
    const uint32_t room = owner_input_room(&s->owner);
    const ssize_t n =
        standard_read(&s->streams, s->plain, room < CHANNEL_DATA_MAX ? room : CHANNEL_DATA_MAX);
    if (n < 0)
        return;
    struct put put = session_queue_open(s);
    owner_put_input(&s->owner, (struct bytes){s->plain, (size_t)n}, &put);
    session_queue_close(s, &put);
}

static bool wants_input(struct session *s)
{
    const bool role = s->plan->role == SESSION_DEPLOYS || s->plan->role == SESSION_ATTACHES;
    return role && s->queue_start == s->queue_end && owner_input_room(&s->owner) > 0 &&
           standard_readable(&s->streams);
}

static void flush_output(struct session *s)
{
    session_give_credit(s, CHANNEL_STDOUT, outlet_flush(&s->streams.out));
    session_give_credit(s, CHANNEL_STDERR, outlet_flush(&s->streams.err));
    if (s->streams.out.error != 0 && s->outcome->output_error == 0 && !s->over)
        output_broke(s);
}

static uint64_t earlier(uint64_t a, uint64_t b) { return b != 0 && b < a ? b : a; }

static int time_left(const struct session *s)
{
    const uint64_t now = clock_ms();
    uint64_t at = now + 1000; /* patience, and who is in the foreground, are looked at anew */
    at = earlier(at, s->grace_until);
    at = earlier(at, s->until);
    return s->more || at <= now ? 0 : (int)(at - now);
}

static void wait_and_take(struct session *s)
{
    struct pollfd rows[] = {
        {.fd = s->wire_fd, .events = tunnel_events(&s->tunnel)},
        {.fd = s->signal_fd, .events = POLLIN},
        {.fd = wants_input(s) ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = outlet_pending(&s->streams.out) > 0 ? s->streams.out.fd : -1, .events = POLLOUT},
        {.fd = outlet_pending(&s->streams.err) > 0 ? s->streams.err.fd : -1, .events = POLLOUT},
    };
    if (poll(rows, ARRAY_COUNT(rows), time_left(s)) < 0)
        return;
    if (rows[1].revents != 0)
        take_signal(s);
    if (rows[2].revents != 0 && !s->over)
        take_input(s);
}

/* ---- the whole ---- */

static void serve(struct session *s)
{
    while (!s->over) {
        if (shake_hands(s)) {
            pump_out(s);
            pump_in(s);
            pump_out(s);
        }
        flush_output(s);
        enforce_deadlines(s);
        if (!s->over)
            wait_and_take(s);
    }
}

/* What the keep sent before its end is still the program's output. */
static void drain_output(struct session *s)
{
    const unsigned signals = s->signals;
    while (standard_pending(&s->streams) && s->signals == signals) {
        struct pollfd rows[] = {
            {.fd = s->signal_fd, .events = POLLIN},
            {.fd = outlet_pending(&s->streams.out) > 0 ? s->streams.out.fd : -1, .events = POLLOUT},
            {.fd = outlet_pending(&s->streams.err) > 0 ? s->streams.err.fd : -1, .events = POLLOUT},
        };
        if (poll(rows, ARRAY_COUNT(rows), -1) > 0 && rows[0].revents != 0)
            take_signal(s);
        session_give_credit(s, CHANNEL_STDOUT, outlet_flush(&s->streams.out));
        session_give_credit(s, CHANNEL_STDERR, outlet_flush(&s->streams.err));
    }
    if (s->outcome->output_error == 0)
        s->outcome->output_error = s->streams.out.error;
}

/* What has arrived, and that nothing more is said: as far as the wire takes it. */
static void say_goodbye(struct session *s)
{
    const uint64_t until = clock_ms() + GOODBYE_MS;
    struct put put = session_queue_open(s);
    owner_put_last_credit(&s->owner, &put);
    session_queue_close(s, &put);
    for (bool closed = false;;) {
        while (send_queue(s) > 0)
            ;
        if (!closed && s->queue_start == s->queue_end) {
            tunnel_shutdown(&s->tunnel);
            closed = true;
        }
        const uint64_t now = clock_ms();
        struct pollfd row = {.fd = s->wire_fd, .events = POLLOUT};
        if ((closed && (tunnel_events(&s->tunnel) & POLLOUT) == 0) || now >= until ||
            poll(&row, 1, (int)(until - now)) <= 0 || (row.revents & (POLLERR | POLLHUP)) != 0)
            return;
    }
}

static void run(struct session *s, struct upgrade *wire)
{
    const sigset_t signals = signals_of_user();
    s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    const int error = s->signal_fd < 0 ? -errno : tunnel_open(&s->tunnel, wire, s->plan->identity);
    if (error < 0) {
        session_end_by_error(s, error, "cannot begin a session");
    } else {
        serve(s);
        drain_output(s);
        say_goodbye(s);
    }
    tunnel_close(&s->tunnel);
    if (s->signal_fd >= 0)
        close(s->signal_fd);
}

void session_run(struct upgrade *wire, const struct session_plan *plan,
                 struct session_outcome *outcome)
{
    *outcome = (struct session_outcome){.ending = SESSION_BROKEN, .fault = OWNER_FAULT_MEMORY};
    struct session *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return;
    signal(SIGPIPE, SIG_IGN);
    s->plan = plan;
    s->outcome = outcome;
    s->wire_fd = upgrade_fd(wire);
    s->heard = clock_ms();
    channel_reader_init(&s->reader, CHANNEL_KEEP, s->payload, sizeof(s->payload));
    standard_open(&s->streams);
    run(s, wire);
    standard_close(&s->streams);
    wipe(s, sizeof(*s)); /* plaintext of both ways */
    free(s);
}
