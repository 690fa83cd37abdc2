/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx config`, and reading Enarx.toml; see config.h. Trusts nothing in it. */
#include "host/cli/config.h"

#include "host/cli/cli.h"
#include "host/cli/file.h"
#include "host/cli/message.h"
#include "host/cli/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEW_NAME "Enarx.toml"

static int parse(const char *path, struct config_file *f)
{
    struct toml_error wrong;
    int error = config_parse(f->text, &f->config, &wrong);
    if (error == -EBADMSG)
        return fail("%s:%u:%u: %s", path, wrong.place.line, wrong.place.column, wrong.what);
    if (error < 0)
        return fail("%s: %s", path, strerror(-error));
    return trust_read(path, &f->config);
}

int config_file_read(const char *path, struct config_file *f)
{
    *f = (struct config_file){0};
    if (path == NULL)
        return config_default(&f->config) < 0 ? fail("out of memory") : 0;
    int error = file_read(path, TOML_SIZE_MAX, &f->text);
    if (error == -EFBIG)
        return fail("%s is too large: an Enarx.toml has at most %u bytes", path, TOML_SIZE_MAX);
    if (error == -EISDIR)
        return fail("%s is a directory; name the Enarx.toml in it", path);
    if (error < 0)
        return fail("cannot read '%s': %s", path, strerror(-error));
    return parse(path, f);
}

/* ---- streams in the clear ---- */

int config_check_unencrypted(const char *path, const struct config *c)
{
    for (size_t i = 0; i < c->stream_count; i++) {
        const struct config_stream *note = &c->notes[i];
        if (c->streams[i].protocol == PROTOCOL_TCP && !note->insecure)
            return fail("%s:%u:%u: this stream is not encrypted: anybody on the way can read and "
                        "change it; use prot = \"tls\", or confirm it with insecure = true",
                        path, note->place.line, note->place.column);
    }
    return 0;
}

void config_warn_unencrypted(const struct config *c, enum port_level level)
{
    char names[200] = "";
    size_t used = 0, more = 0;
    for (size_t i = 0; i < c->stream_count; i++) {
        const struct bytes name = c->streams[i].name;
        if (c->streams[i].protocol != PROTOCOL_TCP)
            continue;
        if (more > 0 || used + name.size + 3 > sizeof(names)) {
            more++;
            continue;
        }
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%.*s", used > 0 ? ", " : "",
                                 (int)name.size, (const char *)name.data);
    }
    if (more > 0)
        warn(level,
             "not encrypted, so that anybody on the way can read and change it: %s%s%zu more",
             names, used > 0 ? " and " : "", more);
    else if (used > 0)
        warn(level, "not encrypted, so that anybody on the way can read and change it: %s", names);
}

void config_file_fini(struct config_file *f)
{
    config_fini(&f->config);
    free((void *)f->text.data);
    *f = (struct config_file){0};
}

/* ---- commands ---- */

int config_check_command(const struct line *line)
{
    struct config_file f;
    int status = config_file_read(line->args[0], &f);
    config_file_fini(&f);
    if (status != 0)
        return status;
    printf("%s is correct\n", line->args[0]);
    return stdout_finish();
}

static int write_all(int fd, const char *text)
{
    size_t size = strlen(text);
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno != EINTR)
            return -errno;
        text += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int config_init_command(maybe_unused const struct line *line)
{
    int fd = open(NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return fail(NEW_NAME " exists already and is left alone; move it away first");
    if (fd < 0)
        return fail("cannot write " NEW_NAME ": %s", strerror(errno));
    int error = write_all(fd, config_template);
    if (close(fd) < 0 && error == 0)
        error = -errno;
    if (error < 0) {
        unlink(NEW_NAME);
        return fail("cannot write " NEW_NAME ": %s", strerror(-error));
    }
    printf("wrote " NEW_NAME "; 'enarx run --config " NEW_NAME " APP.wasm' uses it\n");
    return stdout_finish();
}
