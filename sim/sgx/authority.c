/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates of the simulation; see authority.h. The file holds, for
 * each signer in turn, its private key and its certificate. It is made whole and
 * never changed: policies name the root in it. What other builds of the model said
 * of the processor is certified anew, each time. */
#define _GNU_SOURCE
#include "sim/sgx/authority.h"

#include "base/wipe.h"
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "crypto/key_pem.h"
#include "crypto/pem.h"
#include "crypto/x509.h"
#include "host/newfile.h"
#include "host/user_dir.h"
#include "sim/sgx/pck_extension.h"
#include "sim/sgx/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AUTHORITY_FILE "authority.pem"
#define FILE_MAX       16384u
#define EXTENSION_MAX  1024u
#define LABEL_CERT     "CERTIFICATE"

#define DAY   86400
#define YEARS (20 * 365 * (int64_t)DAY)

static const struct user_dir sim_dir = {"XDG_STATE_HOME", ".local/state", "enarx/sim"};

/* The TCB signer has the common name by which verifiers find it among other
 * certificates; its organisation says whose it is. */
static const struct role {
    const char *name;
    enum signer issuer;
    bool ca;
    unsigned path_length;
} roles[SIGNER_COUNT] = {
    [SIGNER_ROOT] = {SIM_NAME ": Root CA", SIGNER_ROOT, true, 1},
    [SIGNER_PLATFORM] = {SIM_NAME ": PCK Platform CA", SIGNER_ROOT, true, 0},
    [SIGNER_PCK] = {SIM_NAME ": PCK Certificate", SIGNER_PLATFORM, false, 0},
    [SIGNER_TCB] = {"Intel SGX TCB Signing", SIGNER_ROOT, false, 0},
};

static struct bytes cert_of(const struct authority *a, enum signer signer)
{
    return (struct bytes){.data = a->certs[signer].der, .size = a->certs[signer].size};
}

void authority_close(struct authority *a)
{
    for (size_t i = 0; i < SIGNER_COUNT; i++)
        EVP_PKEY_free(a->keys[i]);
    *a = (struct authority){0};
}

void authority_put_chain(const struct authority *a, enum signer signer, struct put *out)
{
    pem_put(out, LABEL_CERT, cert_of(a, signer));
    while (signer != SIGNER_ROOT) {
        signer = roles[signer].issuer;
        pem_put(out, LABEL_CERT, cert_of(a, signer));
    }
}

/* ---- making ---- */

/* The machine is told from others by its PCK key. */
static int make_extension(const struct authority *a, struct put *out)
{
    uint8_t point[KEY_POINT_SIZE], digest[SHA256_SIZE];
    int error = key_point(a->keys[SIGNER_PCK], point);
    if (error == 0)
        error = sha256((struct bytes){.data = point, .size = sizeof(point)}, digest);
    if (error == 0)
        pck_extension_put(out, digest);
    return error;
}

static int make_cert(struct authority *a, enum signer signer, int64_t now)
{
    const struct role *role = &roles[signer];
    uint8_t buffer[EXTENSION_MAX];
    struct put extension = put_init(buffer, sizeof(buffer));
    struct put cert = put_init(a->certs[signer].der, sizeof(a->certs[signer].der));
    uint8_t public_key[KEY_PUBLIC_SIZE];
    struct issuer issuer = {.key = a->keys[role->issuer]};
    int error = key_public(a->keys[signer], public_key);
    if (error == 0 && signer == SIGNER_PCK)
        error = make_extension(a, &extension);
    if (error == 0 && signer != role->issuer)
        error = issuer_of(cert_of(a, role->issuer), issuer.key, &issuer);
    const struct certificate_extension pck = {SIM_PCK_EXTENSION_OID, false, put_done(&extension)};
    const struct certificate wanted = {
        .organisation = SIM_NAME,
        .name = role->name,
        .public_key = {public_key, sizeof(public_key)},
        .ca = role->ca,
        .path_length = role->path_length,
        .not_before = now - DAY,
        .not_after = now + YEARS,
        .extensions = &pck,
        .extension_count = signer == SIGNER_PCK,
    };
    if (error == 0)
        error = certificate_issue(&wanted, &issuer, &cert);
    a->certs[signer].size = put_done(&cert).size;
    return error < 0 ? error : cert.bad ? -ENOSPC : 0;
}

static int make(struct authority *a)
{
    const int64_t now = (int64_t)time(NULL);
    int error = 0;
    *a = (struct authority){0};
    for (size_t i = 0; i < SIGNER_COUNT && error == 0; i++)
        error = key_generate(&a->keys[i]);
    for (size_t i = 0; i < SIGNER_COUNT && error == 0; i++)
        error = make_cert(a, (enum signer)i, now);
    return error;
}

static int put_all(const struct authority *a, struct put *out)
{
    int error = 0;
    for (size_t i = 0; i < SIGNER_COUNT && error == 0; i++) {
        error = key_pem_put(a->keys[i], out);
        pem_put(out, LABEL_CERT, cert_of(a, (enum signer)i));
    }
    return error < 0 ? error : out->bad ? -ENOSPC : 0;
}

static int make_file(int dir)
{
    struct authority made;
    uint8_t buffer[FILE_MAX];
    struct put content = put_init(buffer, sizeof(buffer));
    int error = make(&made);
    if (error == 0)
        error = put_all(&made, &content);
    if (error == 0)
        error = newfile_put(dir, AUTHORITY_FILE, put_done(&content), false);
    wipe(buffer, sizeof(buffer));
    authority_close(&made);
    return error == -EEXIST ? 0 : error; /* somebody was faster: theirs, then */
}

/* ---- reading ---- */

static int parse(struct bytes content, struct authority *a)
{
    struct cur c = cur_init(content);
    int error = 0;
    *a = (struct authority){0};
    for (size_t i = 0; i < SIGNER_COUNT && error == 0; i++) {
        struct put cert = put_init(a->certs[i].der, sizeof(a->certs[i].der));
        error = key_pem_take(&c, &a->keys[i]);
        if (error == 0 && pem_take(&c, LABEL_CERT, &cert) != 1)
            error = -EBADMSG;
        a->certs[i].size = put_done(&cert).size;
    }
    struct put none = put_init(NULL, 0);
    return error < 0 ? error : pem_take(&c, LABEL_CERT, &none) == 0 ? 0 : -EBADMSG;
}

static int read_file(int dir, struct authority *a)
{
    uint8_t buffer[FILE_MAX];
    const ssize_t size = user_dir_read(dir, AUTHORITY_FILE, buffer, sizeof(buffer), NULL);
    const int error = size < 0 ? (int)size : parse((struct bytes){buffer, (size_t)size}, a);
    wipe(buffer, sizeof(buffer));
    return error;
}

/* ---- judging ---- */

/* Every certificate leads to the root and is for the key beside it. */
static int check_whole(const struct authority *a)
{
    struct x509_set set;
    x509_set_init(&set);
    int error = x509_set_add_anchor(&set, cert_of(a, SIGNER_ROOT));
    for (size_t i = SIGNER_ROOT + 1; i < SIGNER_COUNT && error == 0; i++)
        error = x509_set_add_certs(&set, cert_of(a, (enum signer)i));
    if (error == 0)
        x509_set_link(&set);
    for (size_t i = 0; i < SIGNER_COUNT && error == 0; i++) {
        uint8_t spki[KEY_PUBLIC_SIZE];
        error = key_public(a->keys[i], spki);
        if (error == 0 && (i >= set.cert_count || set.certs[i]->faults != 0 ||
                           !bytes_equal(set.certs[i]->spki, (struct bytes){spki, sizeof(spki)})))
            error = -EBADMSG;
    }
    x509_set_fini(&set);
    return error;
}

/* The model's processor may have changed since the file was made. */
static int update_pck(struct authority *a)
{
    uint8_t buffer[EXTENSION_MAX];
    struct put put = put_init(buffer, sizeof(buffer));
    const int error = make_extension(a, &put);
    const struct bytes now = put_done(&put);
    const struct bytes cert = cert_of(a, SIGNER_PCK);
    if (error < 0 || memmem(cert.data, cert.size, now.data, now.size) != NULL)
        return error;
    return make_cert(a, SIGNER_PCK, (int64_t)time(NULL));
}

static int say(int error, struct fault *fault)
{
    char path[PATH_MAX];
    const int unknown = user_dir_path(&sim_dir, path, fault);
    if (unknown < 0)
        return unknown;
    if (error == -EPERM || error == -ELOOP)
        return fault_set(fault, error,
                         "%s/" AUTHORITY_FILE " is not a file of yours that others cannot read; "
                         "remove it",
                         path);
    if (error == -EBADMSG)
        return fault_set(fault, error,
                         "%s/" AUTHORITY_FILE " is damaged; remove it, and name the root of the "
                         "next one in your policies",
                         path);
    return fault_system(fault, error, "cannot make %s/" AUTHORITY_FILE, path);
}

int authority_open(struct authority *a, struct fault *fault)
{
    *a = (struct authority){0};
    const int dir = user_dir_open(&sim_dir, true, fault);
    if (dir < 0)
        return dir;
    int error = read_file(dir, a);
    if (error == -ENOENT) {
        error = make_file(dir);
        if (error == 0)
            error = read_file(dir, a);
    }
    close(dir);
    if (error == 0)
        error = check_whole(a);
    if (error == 0)
        error = update_pck(a);
    if (error == 0)
        return 0;
    authority_close(a);
    return say(error, fault);
}
