/* SPDX-License-Identifier: Apache-2.0 */
/* `enarx platform info`: which keeps this machine can run, and why. */
#include "host/backend.h"
#include "host/cli/cli.h"
#include "host/cli/json.h"
#include "host/cli/message.h"

#include <stdio.h>
#include <sys/utsname.h>

/* ---- for people ---- */

static void print_backend(const struct backend *b)
{
    struct probe rows[PROBE_MAX];
    size_t count = b->probe(rows);
    bool available = true;
    for (size_t i = 0; i < count; i++)
        available = available && rows[i].ok;
    printf("\n%s: %s; %s\n", b->name, available ? "available" : "not available", b->summary);
    for (size_t i = 0; i < count; i++)
        printf("  %-4s %s: %s\n", rows[i].ok ? "yes" : "no", rows[i].what, rows[i].why);
}

static int print_text(const char *system, const struct backend *selected, const char *why)
{
    printf("Enarx:    %s\nSystem:   %s\n", ENARX_VERSION, system);
    printf("Selected: %s (%s)\n", selected != NULL ? selected->name : "none", why);
    for (size_t i = 0; i < backend_count; i++)
        print_backend(backends[i]);
    return stdout_finish();
}

/* ---- for programs ---- */

static json_t *describe_backend(const struct backend *b)
{
    struct probe rows[PROBE_MAX];
    size_t count = b->probe(rows);
    bool available = true;
    json_t *probes = json_array();
    for (size_t i = 0; i < count; i++) {
        available = available && rows[i].ok;
        json_array_append_new(probes, json_pack("{s:s, s:b, s:s}", "what", rows[i].what, "ok",
                                                rows[i].ok, "why", rows[i].why));
    }
    return json_pack("{s:s, s:b, s:b, s:o}", "name", b->name, "available", available,
                     "confidential", b->confidential, "probes", probes);
}

static int print_json(const char *system, const struct backend *selected)
{
    json_t *all = json_array();
    for (size_t i = 0; i < backend_count; i++)
        json_array_append_new(all, describe_backend(backends[i]));
    json_t *info = json_pack("{s:s, s:s, s:s?, s:o}", "version", ENARX_VERSION, "system", system,
                             "selected", selected != NULL ? selected->name : NULL, "backends", all);
    int status = json_put(info, stdout);
    json_decref(info);
    return status != 0 ? status : stdout_finish();
}

int platform_info_command(const struct line *line)
{
    struct utsname u;
    if (uname(&u) < 0)
        return fail("cannot tell what system this is");
    char system[sizeof(u)];
    snprintf(system, sizeof(system), "%s %s %s", u.sysname, u.release, u.machine);
    char why[512];
    const struct backend *selected = backend_select(why, sizeof(why));
    if (line_has(line, OPTION_JSON))
        return print_json(system, selected);
    return print_text(system, selected, why);
}
