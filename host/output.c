/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a keep's archive apart and writes it; see output.h. Every byte of it is
 * hostile. It comes in parts of any size: heads, paths and symlink targets are
 * collected whole, contents go to their file as they come. */
#define _GNU_SOURCE
#include "host/output.h"

#include "host/beneath.h"
#include "host/check.h"
#include "host/newfile.h"
#include "include/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum state { IN_HEADER, IN_RECORD, IN_PATH, IN_TARGET, IN_CONTENT, ENDED };

struct record {
    uint32_t type; /* enum archive_type */
    uint32_t directory;
    uint32_t path_size;
    uint64_t mtime;
    uint64_t size;
};

struct output {
    const char *const *hosts;
    int *roots; /* by index in the manifest's dirs, -1: nothing goes there */
    size_t root_count;
    struct fault *fault;
    int error; /* what every later part is answered with */

    enum state state;
    uint8_t buffer[ARCHIVE_PATH_MAX + 1]; /* what is being collected */
    size_t have;
    size_t wanted;

    struct record record;
    char path[ARCHIVE_PATH_MAX + 1];
    int parent;       /* directory that path's last name is in, -1: none open */
    const char *name; /* path's last name */
    struct newfile file;
    uint64_t content_left;

    uint64_t bytes_left;
    uint32_t records_left;
    size_t skipped;
    struct fault skipped_first;
};

static const char *host_of(const struct output *o) { return o->hosts[o->record.directory]; }

static int malformed(const struct output *o, const char *why)
{
    return fault_set(o->fault, -EBADMSG, "--dir-out: the keep sent what is no archive: %s", why);
}

static int cannot(const struct output *o, int error, const char *what)
{
    return fault_system(o->fault, error, "--dir-out: cannot %s %s/%s", what, host_of(o), o->path);
}

static int in_the_way(const struct output *o, const char *what)
{
    return fault_set(o->fault, -EISDIR,
                     "--dir-out: %s/%s is a directory, in the keep it is a %s; remove it and run "
                     "the program again",
                     host_of(o), o->path, what);
}

static void collect(struct output *o, enum state state, size_t wanted)
{
    o->state = state;
    o->have = 0;
    o->wanted = wanted;
}

static void drop_current(struct output *o)
{
    newfile_close(&o->file);
    if (o->parent >= 0)
        close(o->parent);
    o->parent = -1;
}

/* The current record is done. */
static int next_record(struct output *o)
{
    drop_current(o);
    collect(o, IN_RECORD, ARCHIVE_RECORD_SIZE);
    return 0;
}

/* ---- what a record stands for ---- */

static int make_directory(struct output *o)
{
    if (mkdirat(o->parent, o->name, 0777) == 0)
        return next_record(o);
    struct stat found;
    if (errno == EEXIST && fstatat(o->parent, o->name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(found.st_mode))
            return next_record(o);
        if (unlinkat(o->parent, o->name, 0) == 0 && mkdirat(o->parent, o->name, 0777) == 0)
            return next_record(o);
    }
    return cannot(o, -errno, "make directory");
}

static int skip_symlink(struct output *o)
{
    if (o->skipped++ == 0)
        fault_set(&o->skipped_first, 0, "%s/%s", host_of(o), o->path);
    return next_record(o);
}

static int make_symlink(struct output *o)
{
    const struct bytes target = {.data = o->buffer, .size = o->have};
    if (!CHECK(output_target, beneath_target_ok(bytes_of_text(o->path), target)))
        return skip_symlink(o);
    o->buffer[o->have] = '\0';
    if (unlinkat(o->parent, o->name, 0) < 0 && errno != ENOENT)
        return errno == EISDIR ? in_the_way(o, "symlink") : cannot(o, -errno, "replace");
    if (symlinkat((const char *)o->buffer, o->parent, o->name) < 0)
        return cannot(o, -errno, "make symlink");
    return next_record(o);
}

/* The file takes the place, the permissions and no more of one that was there. */
static int finish_file(struct output *o)
{
    struct stat old;
    if (fstatat(o->parent, o->name, &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(old.st_mode))
        fchmod(o->file.fd, old.st_mode & CHECKED(output_permissions, 0777, 07777));
    const struct timespec times[2] = {
        {.tv_nsec = UTIME_NOW},
        {.tv_sec = (time_t)(o->record.mtime / 1000000000u),
         .tv_nsec = (long)(o->record.mtime % 1000000000u)},
    };
    futimens(o->file.fd, times);
    int error = newfile_commit(&o->file, o->name, true);
    if (error == -EISDIR)
        return in_the_way(o, "file");
    return error < 0 ? cannot(o, error, "write") : next_record(o);
}

static int begin_file(struct output *o)
{
    if (!CHECK(output_bytes, o->record.size <= o->bytes_left))
        return fault_set(o->fault, -EFBIG, "--dir-out: the keep sent more than it may hold");
    o->bytes_left -= o->record.size;
    int error = newfile_open(o->parent, 0666, &o->file);
    if (error < 0)
        return cannot(o, error, "write");
    o->content_left = o->record.size;
    o->state = IN_CONTENT;
    return o->content_left == 0 ? finish_file(o) : 0;
}

/* ---- the parts of a record ---- */

static int take_header(struct output *o, struct cur *c)
{
    if (cur_le32(c) != ARCHIVE_MAGIC || cur_le32(c) != ARCHIVE_VERSION)
        return malformed(o, "wrong header");
    return next_record(o);
}

static bool is_end(const struct record *r)
{
    return r->type == ARCHIVE_END && r->directory == 0 && r->path_size == 0 && r->mtime == 0 &&
           r->size == 0;
}

static bool size_ok(const struct record *r)
{
    switch (r->type) {
    case ARCHIVE_FILE:
        return true;
    case ARCHIVE_DIRECTORY:
        return r->size == 0;
    case ARCHIVE_SYMLINK:
        return r->size > 0 && r->size <= ARCHIVE_PATH_MAX;
    default:
        return false;
    }
}

static int take_record(struct output *o, struct cur *c)
{
    struct record *r = &o->record;
    r->type = cur_le32(c);
    r->directory = cur_le32(c);
    r->path_size = cur_le32(c);
    cur_zero(c, 4);
    r->mtime = cur_le64(c);
    r->size = cur_le64(c);
    if (!cur_done(c))
        return malformed(o, "wrong record");
    if (is_end(r)) {
        o->state = ENDED;
        return 0;
    }
    if (!CHECK(output_record, size_ok(r)) || r->path_size == 0 || r->path_size > ARCHIVE_PATH_MAX)
        return malformed(o, "wrong record");
    if (!CHECK(output_directory, r->directory < o->root_count && o->roots[r->directory] >= 0))
        return malformed(o, "a directory that was not asked for");
    if (!CHECK(output_files, o->records_left-- > 0))
        return malformed(o, "too many files");
    collect(o, IN_PATH, r->path_size);
    return 0;
}

static int take_path(struct output *o)
{
    const struct bytes path = {.data = o->buffer, .size = o->have};
    if (!CHECK(output_path, beneath_path_ok(path)))
        return malformed(o, "a path that may lead anywhere");
    memcpy(o->path, path.data, path.size);
    o->path[path.size] = '\0';
    char *slash = strrchr(o->path, '/');
    o->name = slash == NULL ? o->path : slash + 1;
    const struct bytes above = {.data = path.data,
                                .size = slash == NULL ? 0 : (size_t)(slash - o->path)};
    o->parent = beneath_open_dir(o->roots[o->record.directory], above, O_PATH);
    if (o->parent < 0)
        return cannot(o, o->parent, "open the directory of");
    if (o->record.type == ARCHIVE_DIRECTORY)
        return make_directory(o);
    if (o->record.type == ARCHIVE_FILE)
        return begin_file(o);
    collect(o, IN_TARGET, (size_t)o->record.size);
    return 0;
}

static int take_collected(struct output *o)
{
    struct cur c = cur_init((struct bytes){.data = o->buffer, .size = o->have});
    switch (o->state) {
    case IN_HEADER:
        return take_header(o, &c);
    case IN_RECORD:
        return take_record(o, &c);
    case IN_PATH:
        return take_path(o);
    default:
        return make_symlink(o);
    }
}

/* ---- the stream ---- */

/* Both take what they can use off `c`. */
static int feed_content(struct output *o, struct cur *c)
{
    size_t left = cur_left(c);
    struct bytes part = cur_take(c, left < o->content_left ? left : (size_t)o->content_left);
    o->content_left -= part.size;
    while (part.size > 0) {
        ssize_t n = write(o->file.fd, part.data, part.size);
        if (n < 0 && errno != EINTR)
            return cannot(o, -errno, "write");
        if (n > 0)
            part = (struct bytes){.data = part.data + n, .size = part.size - (size_t)n};
    }
    return o->content_left == 0 ? finish_file(o) : 0;
}

static int feed_collected(struct output *o, struct cur *c)
{
    size_t missing = o->wanted - o->have;
    struct bytes part = cur_take(c, cur_left(c) < missing ? cur_left(c) : missing);
    memcpy(o->buffer + o->have, part.data, part.size);
    o->have += part.size;
    return o->have == o->wanted ? take_collected(o) : 0;
}

int output_feed(struct output *o, struct bytes part)
{
    struct cur c = cur_init(part);
    while (o->error == 0 && cur_left(&c) > 0) {
        if (o->state == ENDED && !CHECK(output_end, false))
            o->error = malformed(o, "more after its end");
        else if (o->state == IN_CONTENT)
            o->error = feed_content(o, &c);
        else
            o->error = feed_collected(o, &c);
    }
    if (o->error < 0)
        drop_current(o);
    return o->error;
}

int output_end(const struct output *o)
{
    if (o->error < 0 || CHECK(output_whole, o->state == ENDED))
        return o->error;
    return fault_set(
        o->fault, -EPIPE,
        "--dir-out: the output is incomplete: the keep ended before it had sent all of "
        "it; files that are there are whole");
}

size_t output_skipped(const struct output *o, struct fault *first)
{
    if (o->skipped > 0)
        fault_set(
            first, 0,
            "--dir-out: symlinks that may lead out of HOST were left out, %zu in all, the first %s",
            o->skipped, o->skipped_first.text);
    return o->skipped;
}

/* ---- the directories ---- */

static int open_root(const char *host, struct fault *fault)
{
    if (mkdir(host, 0777) < 0 && errno != EEXIST)
        return fault_system(fault, -errno, "--dir-out: cannot make directory %s", host);
    int fd = open(host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
        return fd;
    int error = -errno;
    if (fd >= 0)
        close(fd);
    if (error == -ENOTDIR)
        return fault_set(fault, error, "--dir-out: %s is a file; give a directory", host);
    return fault_system(fault, error, "--dir-out: cannot write to directory %s", host);
}

int output_open(const char *const *hosts, size_t count, uint64_t size_max, struct fault *fault,
                struct output **out)
{
    struct output *o = calloc(1, sizeof(*o));
    int *roots = calloc(count + 1, sizeof(*roots));
    if (o == NULL || roots == NULL) {
        free(o);
        free(roots);
        return fault_set(fault, -ENOMEM, "--dir-out: out of memory");
    }
    *o = (struct output){
        .hosts = hosts,
        .roots = roots,
        .fault = fault,
        .parent = -1,
        .file = {.fd = -1},
        .bytes_left = size_max,
        .records_left = ARCHIVE_COUNT_MAX,
    };
    collect(o, IN_HEADER, ARCHIVE_HEADER_SIZE);
    for (; o->root_count < count; o->root_count++) {
        const char *host = hosts[o->root_count];
        int root = host == NULL ? -1 : open_root(host, fault);
        if (host != NULL && root < 0) {
            output_close(o);
            return root;
        }
        roots[o->root_count] = root;
    }
    *out = o;
    return 0;
}

void output_close(struct output *o)
{
    if (o == NULL)
        return;
    drop_current(o);
    for (size_t i = 0; i < o->root_count; i++) {
        if (o->roots[i] >= 0)
            close(o->roots[i]);
    }
    free(o->roots);
    free(o);
}
