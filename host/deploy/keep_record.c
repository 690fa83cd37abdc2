/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps left running; see keep_record.h. */
#define _GNU_SOURCE
#include "host/deploy/keep_record.h"

#include "base/hex.h"
#include "host/deploy/remote.h"
#include "host/newfile.h"
#include "host/user_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX  (1u << 20)
#define NAME_SIZE (REMOTE_ID_MAX + sizeof(".json"))

static const struct user_dir keeps_dir = {"XDG_STATE_HOME", ".local/state", "enarx/keeps"};

/* Ids lead nowhere else: remote_id_ok. */
static int open_dir(const char *id, bool make, char name[static NAME_SIZE], struct fault *fault)
{
    if (!remote_id_ok(id))
        return fault_set(fault, -EINVAL, "'%s' is no keep: ids are letters and digits", id);
    snprintf(name, NAME_SIZE, "%s.json", id);
    return user_dir_open(&keeps_dir, make, fault);
}

static int unknown(const char *id, struct fault *fault)
{
    return fault_set(fault, -ENOENT,
                     "nothing is known here of a keep %s: it has ended, or was "
                     "left running by somebody else or from another machine",
                     id);
}

/* ---- writing ---- */

static json_t *make_json(const struct keep_record *r)
{
    char workload[2 * EVIDENCE_DIGEST_SIZE + 1], key[2 * EVIDENCE_DIGEST_SIZE + 1];
    hex_put((struct bytes){r->workload, sizeof(r->workload)}, workload);
    hex_put((struct bytes){r->key, sizeof(r->key)}, key);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:b, s:O*}", "id", r->id, "host",
                     r->host, "backend", r->backend, "program", r->program, "workload", workload,
                     "key", key, "policy", r->policy, "simulated_root", r->simulated_root,
                     "insecure", r->insecure, "collateral", r->collateral);
}

int keep_record_put(const struct keep_record *r, struct fault *fault)
{
    char name[NAME_SIZE];
    const int dir = open_dir(r->id, true, name, fault);
    if (dir < 0)
        return dir;
    json_t *json = make_json(r);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2));
    int error = -ENOMEM;
    if (text != NULL)
        error = newfile_put(dir, name, bytes_of_text(text), false);
    free(text);
    json_decref(json);
    close(dir);
    if (error == -EEXIST)
        return fault_set(fault, error, "there is a keep %s already that you left running", r->id);
    return error < 0 ? fault_system(fault, error, "cannot remember keep %s", r->id) : 0;
}

/* ---- reading ---- */

static bool take_json(const char *id, struct keep_record *r)
{
    const char *workload, *key;
    int insecure = 0;
    const int error =
        json_unpack(r->owned, "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s?s, s:b, s?o}", "id", &r->id,
                    "host", &r->host, "backend", &r->backend, "program", &r->program, "workload",
                    &workload, "key", &key, "policy", &r->policy, "simulated_root",
                    &r->simulated_root, "insecure", &insecure, "collateral", &r->collateral);
    char authority[REMOTE_AUTHORITY_MAX];
    r->insecure = insecure != 0;
    return error == 0 && strcmp(r->id, id) == 0 && remote_authority(r->host, authority) == 0 &&
           hex_parse(workload, r->workload, sizeof(r->workload)) == 0 &&
           hex_parse(key, r->key, sizeof(r->key)) == 0;
}

static int read_json(int dir, const char *name, json_t **json)
{
    char *text = malloc(FILE_MAX);
    if (text == NULL)
        return -ENOMEM;
    const ssize_t size = user_dir_read(dir, name, text, FILE_MAX, NULL);
    if (size >= 0)
        *json = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    return size < 0 ? (int)size : *json == NULL ? -EBADMSG : 0;
}

int keep_record_get(const char *id, struct keep_record *r, struct fault *fault)
{
    char name[NAME_SIZE];
    *r = (struct keep_record){.owned = NULL};
    const int dir = open_dir(id, false, name, fault);
    if (dir == -ENOENT)
        return unknown(id, fault);
    if (dir < 0)
        return dir;
    int error = read_json(dir, name, &r->owned);
    close(dir);
    if (error == 0 && !take_json(id, r))
        error = -EBADMSG;
    if (error == 0)
        return 0;
    keep_record_fini(r);
    if (error == -ENOENT)
        return unknown(id, fault);
    return fault_system(fault, error, "enarx/keeps/%s in XDG_STATE_HOME", name);
}

void keep_record_fini(struct keep_record *r)
{
    json_decref(r->owned);
    *r = (struct keep_record){.owned = NULL};
}

void keep_record_drop(const char *id)
{
    char name[NAME_SIZE];
    struct fault fault;
    const int dir = open_dir(id, false, name, &fault);
    if (dir < 0)
        return;
    unlinkat(dir, name, 0);
    close(dir);
}
