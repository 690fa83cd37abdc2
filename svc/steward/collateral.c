/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of collateral in memory; see collateral.h. */
#define _GNU_SOURCE
#include "svc/steward/collateral.h"

#include "attest/signed_json.h"
#include "base/hex.h"
#include "crypto/pem.h"
#include "crypto/x509_parse.h"
#include "net/collateral_item.h"
#include "svc/steward/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What tells one state of the folder from another, without reading a file. */
struct state {
    uint64_t mark;
    size_t count;
};

struct file {
    char name[COLLATERAL_NAME_MAX + 8];
    struct bytes content;
};

struct store {
    int dir; /* -1: none */
    struct state state;
    struct file *files;
    size_t count;
    size_t size; /* bytes of all contents */
    int64_t next_update;
};

/* ---- when things expire ---- */

static int64_t json_expires(struct bytes text)
{
    static const char *const names[] = {"tcbInfo", "enclaveIdentity"};
    struct signed_json cut;
    int64_t time = 0;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (signed_json_cut(text, names[i], &cut) < 0)
            continue;
        struct reader r = {.bad = false};
        json_t *object = signed_json_parse(&cut);
        time = object == NULL ? 0 : read_time(&r, object, "nextUpdate");
        json_decref(object);
        return r.bad ? 0 : time;
    }
    return 0;
}

/* 0 for what does not expire, or is neither. */
static int64_t expires(struct bytes content)
{
    struct x509_crl crl = {.critical = false};
    if (content.size > 0 && content.data[0] == '{')
        return json_expires(content);
    return x509_parse_crl(content, &crl) == 0 ? crl.next_update : 0;
}

/* ---- files ---- */

/* Services send a CRL as DER, as PEM or as hexadecimal: DER, in place. */
static void make_binary(uint8_t *data, size_t *size)
{
    const struct bytes content = {data, *size};
    uint8_t *out = malloc(content.size + 1);
    char *text = strndup((const char *)data, content.size);
    struct put put = put_init(out, content.size);
    struct cur c = cur_init(content);
    if (out != NULL && pem_is(content) && pem_take(&c, "X509 CRL", &put) == 1) {
        *size = put_done(&put).size;
        memcpy(data, out, *size);
    } else if (out != NULL && text != NULL && content.size > 0 && content.size % 2 == 0 &&
               strlen(text) == content.size && hex_parse(text, out, content.size / 2) == 0) {
        *size = content.size / 2;
        memcpy(data, out, *size);
    }
    free(text);
    free(out);
}

static int read_all(int fd, uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = read(fd, data + done, size - done);
        if (n <= 0)
            return n < 0 ? -errno : -ESTALE;
        done += (size_t)n;
    }
    return 0;
}

/* What is no file, too large or just being replaced is passed over. */
static int read_file(struct store *s, const char *name)
{
    struct stat st;
    const int fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0;
    const bool fits = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
                      st.st_size <= STORE_FILE_MAX && s->count < STORE_FILES_MAX &&
                      (size_t)st.st_size <= STORE_SIZE_MAX - s->size;
    size_t size = fits ? (size_t)st.st_size : 0;
    uint8_t *data = fits ? malloc(size) : NULL;
    const bool read = data != NULL && read_all(fd, data, size) == 0;
    close(fd);
    if (!read) {
        free(data);
        return fits && data == NULL ? -ENOMEM : 0;
    }
    make_binary(data, &size);
    struct file *file = &s->files[s->count++];
    snprintf(file->name, sizeof(file->name), "%s", name);
    file->content = (struct bytes){data, size};
    s->size += size;
    const int64_t time = expires(file->content);
    if (time != 0 && (s->next_update == 0 || time < s->next_update))
        s->next_update = time;
    return 0;
}

static void forget(struct store *s)
{
    for (size_t i = 0; i < s->count; i++)
        free((void *)s->files[i].content.data);
    free(s->files);
    s->files = NULL;
    s->count = s->size = 0;
    s->next_update = 0;
}

/* ---- the folder ---- */

typedef int each_file(struct store *s, const char *name, void *context);

static int for_each(struct store *s, each_file *each, void *context)
{
    const int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int error = dir == NULL ? -errno : 0;
    if (dir == NULL && fd >= 0)
        close(fd);
    for (const struct dirent *e; error == 0 && (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] != '.' && strlen(e->d_name) < sizeof(((struct file *)NULL)->name))
            error = each(s, e->d_name, context);
    }
    if (dir != NULL)
        closedir(dir);
    return error;
}

static int mark_file(struct store *s, const char *name, void *context)
{
    struct state *state = context;
    struct stat st;
    if (fstatat(s->dir, name, &st, 0) < 0)
        return 0;
    const uint64_t parts[] = {st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
                              (uint64_t)st.st_mtim.tv_nsec};
    uint64_t mark = 0;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
        mark = (mark ^ parts[i]) * 0x9e3779b97f4a7c15ull;
    state->mark += mark; /* in whatever order they come */
    state->count++;
    return 0;
}

static int load_file(struct store *s, const char *name, void *context)
{
    (void)context;
    return read_file(s, name);
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int load(struct store *s)
{
    s->files = calloc(STORE_FILES_MAX, sizeof(*s->files));
    const int error = s->files == NULL ? -ENOMEM : for_each(s, load_file, NULL);
    if (s->count > 0)
        qsort(s->files, s->count, sizeof(*s->files), compare_files);
    return error;
}

int store_refresh(struct store *s, struct fault *fault)
{
    struct state state = {0};
    if (s->dir < 0)
        return 0;
    int error = for_each(s, mark_file, &state);
    if (error == 0 && state.mark == s->state.mark && state.count == s->state.count)
        return 0;
    struct store next = {.dir = s->dir, .state = state};
    if (error == 0)
        error = load(&next);
    if (error < 0) {
        forget(&next);
        return fault_system(fault, error, "cannot read the folder of collateral");
    }
    forget(s);
    *s = next;
    return 1;
}

int store_open(const char *path, struct store **out, struct fault *fault)
{
    struct store *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return fault_set(fault, -ENOMEM, "out of memory");
    s->dir = path == NULL ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = path != NULL && s->dir < 0 ? -errno : 0;
    if (error < 0)
        fault_system(fault, error, "cannot read %s", path);
    else
        error = store_refresh(s, fault);
    if (error < 0) {
        store_close(s);
        return error;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    forget(s);
    if (s->dir >= 0)
        close(s->dir);
    free(s);
}

int64_t store_next_update(const struct store *s) { return s->next_update; }
size_t store_count(const struct store *s) { return s->count; }
int store_folder(const struct store *s) { return s->dir; }

/* ---- what there is about a machine ---- */

static int compare_name(const void *name, const void *file)
{
    return strcmp(name, ((const struct file *)file)->name);
}

static struct bytes find(const struct store *s, const char *name)
{
    const struct file *file = bsearch(name, s->files, s->count, sizeof(*file), compare_name);
    return file == NULL ? (struct bytes){0} : file->content;
}

/* By its name in the cache, else by its name in the folder of one machine. */
static struct bytes find_item(const struct store *s, const struct collateral_item *item,
                              const char *otherwise)
{
    const struct bytes found = find(s, item->name);
    return found.size > 0 ? found : find(s, otherwise);
}

static struct bytes find_chain(const struct store *s, const struct collateral_item *item,
                               const char *otherwise)
{
    char name[COLLATERAL_NAME_MAX + 8];
    snprintf(name, sizeof(name), "%s.chain", item->name);
    const struct bytes found = find(s, name);
    return found.size > 0 ? found : find(s, otherwise);
}

static void add_cert(struct hints *h, struct bytes cert)
{
    if (cert.size > 0 && h->cert_count < HINTS_MAX)
        h->certs[h->cert_count++] = cert;
}

static void add_crl(struct hints *h, struct bytes crl)
{
    if (crl.size > 0 && h->crl_count < HINTS_MAX)
        h->crls[h->crl_count++] = crl;
}

static void add_intel(const struct store *s, const struct machine *m, struct hints *h)
{
    const struct collateral_item tcb = item_tcb_info("", m->kind, m->fmspc);
    const struct collateral_item qe = item_qe_identity("", m->kind);
    const struct collateral_item crl = item_pck_crl("", m->ca), root = item_root_crl(NULL);
    h->tcb_info = find_item(s, &tcb, "tcb_info.json");
    h->qe_identity = find_item(s, &qe, "qe_identity.json");
    add_cert(h, find_chain(s, &tcb, "tcb_signing_chain.pem"));
    add_cert(h, find_chain(s, &crl, "pck_crl_issuer_chain.pem"));
    add_crl(h, find_item(s, &crl, "pck_crl.der"));
    add_crl(h, find_item(s, &root, "root_ca_crl.der"));
}

static void add_amd_line(const struct store *s, const struct snp_claims *c, enum product product,
                         struct hints *h)
{
    const char *key = c->signing_key == SNP_SIGNER_VLEK ? "vlek" : "vcek";
    const struct collateral_item vcek = item_vcek("", product, c);
    const struct collateral_item chain = item_amd_chain("", key, product);
    const struct collateral_item crl = item_amd_crl("", key, product);
    add_cert(h, find(s, vcek.name));
    add_cert(h, find(s, chain.name));
    add_crl(h, find(s, crl.name));
}

/* Reports of version 2 do not say of which product line they are. */
static void add_amd(const struct store *s, const struct snp_claims *c, struct hints *h)
{
    static const enum product lines[] = {PRODUCT_MILAN, PRODUCT_GENOA, PRODUCT_TURIN};
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        if (c->product == lines[i] || c->product == PRODUCT_UNKNOWN)
            add_amd_line(s, c, lines[i], h);
    }
    add_cert(h, find(s, "vcek.der"));
    add_cert(h, find(s, "vlek.der"));
    add_cert(h, find(s, "cert_chain.pem"));
    add_crl(h, find(s, "crl.der"));
}

static void add_carried(const struct carrier *carrier, struct hints *h)
{
    for (size_t i = 0; i < carrier->cert_count; i++)
        add_cert(h, carrier->certs[i]);
    for (size_t i = 0; i < carrier->crl_count; i++)
        add_crl(h, carrier->crls[i]);
    if (h->tcb_info.size == 0)
        h->tcb_info = carrier->tcb_info;
    if (h->qe_identity.size == 0)
        h->qe_identity = carrier->qe_identity;
}

void store_hints(const struct store *s, const struct carrier *carrier, const EC_KEY *curve,
                 struct hints *h)
{
    struct machine machine;
    *h = (struct hints){.cert_count = 0};
    if (s->count > 0 && machine_of(carrier->evidence, curve, &machine)) {
        if (machine.kind == KIND_SNP)
            add_amd(s, &machine.claims.snp, h);
        else
            add_intel(s, &machine, h);
    }
    add_carried(carrier, h);
}
