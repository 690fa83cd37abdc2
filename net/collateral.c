/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral from the cache or a service; see collateral.h. */
#define _GNU_SOURCE
#include "net/collateral.h"

#include "host/newfile.h"
#include "host/user_dir.h"
#include "net/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define CHAIN_SUFFIX ".chain" /* beside an item: the certificates that came with it */
#define LOCK_SUFFIX  ".lock"

static const struct user_dir cache_dir = {"XDG_CACHE_HOME", ".cache", "enarx/collateral"};

int collateral_open(struct collateral_source *source, struct fault *fault)
{
    source->dir = user_dir_open(&cache_dir, true, fault);
    source->http = NULL;
    return source->dir < 0 ? source->dir : 0;
}

void collateral_close(struct collateral_source *source)
{
    http_close(source->http);
    if (source->dir >= 0)
        close(source->dir);
}

void collateral_got_fini(struct collateral_got *got)
{
    free((void *)got->body.data);
    free((void *)got->issuer_chain.data);
    *got = (struct collateral_got){0};
}

/* ---- the cache ---- */

struct file_name {
    char text[COLLATERAL_NAME_MAX + 8];
};

static struct file_name file_name(const char *name, const char *suffix)
{
    struct file_name f;
    snprintf(f.text, sizeof(f.text), "%s%s", name, suffix);
    return f;
}

static int read_open(int fd, time_t since, struct bytes *out)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size > HTTP_BODY_MAX || st.st_mtime < since)
        return -ESTALE;
    const size_t size = (size_t)st.st_size;
    uint8_t *data = malloc(size + 1);
    if (data == NULL)
        return -ENOMEM;
    *out = (struct bytes){data, size};
    return read(fd, data, size) == (ssize_t)size ? 0 : -EIO;
}

/* All of a file that was written at `since` or later. 0, or -errno with `out` empty. */
static int read_file(int dir, const char *name, time_t since, struct bytes *out)
{
    *out = (struct bytes){0};
    const int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    const int error = read_open(fd, since, out);
    close(fd);
    if (error < 0) {
        free((void *)out->data);
        *out = (struct bytes){0};
    }
    return error;
}

/* What the cache has, of `since` or later; the chain is as old as what it came with. */
static bool find(const struct collateral_source *source, const char *name, time_t since,
                 struct collateral_got *got)
{
    *got = (struct collateral_got){0};
    if (read_file(source->dir, name, since, &got->body) < 0)
        return false;
    const struct file_name chain = file_name(name, CHAIN_SUFFIX);
    const int error = read_file(source->dir, chain.text, 0, &got->issuer_chain);
    if (error == 0 || error == -ENOENT)
        return true;
    collateral_got_fini(got);
    return false;
}

/* The body last: it alone says that all is there. That the cache takes it is a matter of
 * speed only. */
static void keep(const struct collateral_source *source, const char *name,
                 const struct collateral_got *got)
{
    const struct file_name chain = file_name(name, CHAIN_SUFFIX);
    if (got->issuer_chain.size > 0 &&
        newfile_put(source->dir, chain.text, got->issuer_chain, true) < 0)
        return;
    if (newfile_put(source->dir, name, got->body, true) < 0)
        unlinkat(source->dir, name, 0);
}

/* ---- the service ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* In place: %-encoded [RFC 3986 2.1] to text. */
static size_t decode_percent(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        const int high = from[0] == '%' ? hex_digit(from[1]) : -1;
        const int low = high >= 0 ? hex_digit(from[2]) : -1;
        *to = low >= 0 ? (char)(high << 4 | low) : *from;
        from += low >= 0 ? 3 : 1;
    }
    *to = '\0';
    return (size_t)(to - text);
}

static bool throttled(long status) { return status == 429 || status == 503; }

static int say_status(const char *url, const struct http_response *r, struct fault *fault)
{
    if (r->status == 404)
        return fault_set(fault, -ENOENT, "%s: there is nothing of that name (404)", url);
    if (throttled(r->status))
        return fault_set(fault, -EAGAIN,
                         "%s: the service takes no more requests (%ld) and asks to wait %ld "
                         "seconds; try again then",
                         url, r->status, r->retry_after < 0 ? COLLATERAL_WAIT_MAX : r->retry_after);
    return fault_set(fault, -EIO, "%s: the service answered %ld", url, r->status);
}

/* Waits as long as the service asks, or 1, 2, 4... seconds, but COLLATERAL_WAIT_MAX in all. */
static int ask(struct http *http, const char *url, struct http_response *r, struct fault *fault)
{
    long waited = 0, pause = 1;
    for (;;) {
        int error = http_get(http, url, r, fault);
        if (error < 0 || r->status == 200)
            return error;
        const long wait = r->retry_after >= 0 ? r->retry_after : pause;
        if (!throttled(r->status) || wait > COLLATERAL_WAIT_MAX - waited) {
            error = say_status(url, r, fault);
            http_response_fini(r);
            return error;
        }
        http_response_fini(r);
        sleep((unsigned)wait);
        waited += wait > 0 ? wait : 1;
        pause *= 2;
    }
}

static int download(struct collateral_source *source, const struct collateral_item *item,
                    struct collateral_got *got, struct fault *fault)
{
    struct http_response r = {.retry_after = -1};
    int error = 0;
    if (source->http == NULL)
        error =
            http_open(&(struct http_options){.ca_bundle = source->ca_bundle}, &source->http, fault);
    if (error == 0)
        error = ask(source->http, item->url, &r, fault);
    if (error < 0)
        return error;
    *got = (struct collateral_got){.body = {r.body, r.size}};
    if (r.issuer_chain != NULL)
        got->issuer_chain =
            (struct bytes){(uint8_t *)r.issuer_chain, decode_percent(r.issuer_chain)};
    keep(source, item->name, got);
    return 0;
}

/* ---- both ---- */

static int lock(const struct collateral_source *source, const char *name, struct fault *fault)
{
    const int fd = openat(source->dir, file_name(name, LOCK_SUFFIX).text,
                          O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    const int error = -errno;
    if (fd >= 0)
        close(fd);
    return fault_system(fault, error, "cannot lock %s in the cache of collateral", name);
}

int collateral_get(struct collateral_source *source, const struct collateral_item *item,
                   struct collateral_got *got, struct fault *fault)
{
    const time_t now = time(NULL);
    const bool offline = source->mode == COLLATERAL_OFFLINE;
    const bool any_age = offline || (item->constant && source->mode == COLLATERAL_CACHED);
    const time_t since = any_age                              ? 0
                         : source->mode == COLLATERAL_REFRESH ? now + 1
                                                              : now - COLLATERAL_AGE_MAX;
    if (find(source, item->name, since, got))
        return 0;
    if (offline)
        return fault_set(fault, -ENOENT, "the cache does not have %s; run once without --offline",
                         item->name);
    const int held = lock(source, item->name, fault);
    if (held < 0)
        return held;
    int error = 0;
    if (!find(source, item->name, since, got))
        error = download(source, item, got, fault);
    if (error < 0 && error != -ENOENT && source->mode == COLLATERAL_CACHED &&
        find(source, item->name, 0, got))
        error = 0;
    close(held);
    return error;
}
