/* SPDX-License-Identifier: Apache-2.0 */
/* An authority for trying things out, see signer_parts.h: made on first use and kept, since
 * workloads name the authority whose certificates they take. Trusts the user's own files. */
#include "base/wipe.h"
#include "crypto/key_pem.h"
#include "crypto/pem.h"
#include "crypto/x509_parse.h"
#include "host/newfile.h"
#include "host/user_dir.h"
#include "svc/steward/signer_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DAY      86400
#define DEV_DAYS 365
#define DEV_FILE "dev.pem" /* key and certificate */
#define DEV_MAX  4096u     /* bytes */

static const struct user_dir dev_dir = {"XDG_STATE_HOME", ".local/state", "enarx/steward"};

/* ---- making ---- */

static int issue(EVP_PKEY *key, struct put *out)
{
    uint8_t public_key[KEY_PUBLIC_SIZE];
    const int64_t now = (int64_t)time(NULL);
    const struct certificate cert = {
        .organisation = "Enarx",
        .name = "Enarx steward, for trying things out",
        .public_key = {public_key, sizeof(public_key)},
        .ca = true,
        .not_before = now - CERTIFICATE_BACKDATE,
        .not_after = now + (int64_t)DEV_DAYS * DAY,
    };
    const int error = key_public(key, public_key);
    return error < 0 ? error : certificate_issue(&cert, &(const struct issuer){.key = key}, out);
}

static int put_both(EVP_PKEY *key, struct put *out)
{
    uint8_t der[CERTIFICATE_MAX];
    struct put cert = put_init(der, sizeof(der));
    int error = issue(key, &cert);
    if (error == 0)
        error = key_pem_put(key, out);
    pem_put(out, "CERTIFICATE", put_done(&cert));
    return error < 0 ? error : out->bad ? -EMSGSIZE : 0;
}

static int make(int dir, bool replace)
{
    uint8_t text[DEV_MAX];
    struct put out = put_init(text, sizeof(text));
    EVP_PKEY *key = NULL;
    int error = key_generate(&key);
    if (error == 0)
        error = put_both(key, &out);
    if (error == 0)
        error = newfile_put(dir, DEV_FILE, put_done(&out), replace);
    wipe(text, sizeof(text));
    EVP_PKEY_free(key);
    return error == -EEXIST ? 0 : error; /* somebody was faster: theirs, then */
}

/* ---- reading ---- */

static int judge(struct bytes der, const EVP_PKEY *key, struct authority *a)
{
    uint8_t public_key[KEY_PUBLIC_SIZE];
    struct x509_cert *cert = calloc(1, sizeof(*cert));
    if (cert == NULL)
        return -ENOMEM;
    int error = x509_parse_cert(der, NULL, cert);
    if (error == 0)
        error = key_public(key, public_key);
    if (error == 0 && !bytes_equal(cert->spki, (struct bytes){public_key, sizeof(public_key)}))
        error = -EBADMSG;
    a->not_before = cert->not_before;
    a->not_after = cert->not_after;
    x509_cert_fini(cert);
    free(cert);
    return error;
}

static int parse(struct bytes text, struct put *chain, EVP_PKEY **key, struct authority *a)
{
    struct cur c = cur_init(text);
    struct put none = put_init(NULL, 0);
    int error = key_pem_take(&c, key);
    if (error == 0 && (pem_take(&c, "CERTIFICATE", chain) != 1 ||
                       pem_take(&c, "CERTIFICATE", &none) != 0 || chain->bad))
        error = -EBADMSG;
    return error < 0 ? error : judge(put_done(chain), *key, a);
}

/* 0, -ENOENT when there is none, -EKEYEXPIRED for one that no certificate of a day's fits
 * into, or another -errno. */
static int take(int dir, struct put *chain, EVP_PKEY **key, struct authority *a)
{
    uint8_t text[DEV_MAX];
    const ssize_t size = user_dir_read(dir, DEV_FILE, text, sizeof(text), NULL);
    if (size < 0)
        return (int)size;
    const int error = parse((struct bytes){text, (size_t)size}, chain, key, a);
    wipe(text, sizeof(text));
    return error < 0 || a->not_after > (int64_t)time(NULL) + CERTIFICATE_LIFETIME ? error
                                                                                  : -EKEYEXPIRED;
}

/* ---- both ---- */

static int take_or_make(int dir, struct put *chain, EVP_PKEY **key, struct authority *a)
{
    const struct put empty = *chain;
    int error = take(dir, chain, key, a);
    if (error != -ENOENT && error != -EKEYEXPIRED)
        return error;
    EVP_PKEY_free(*key);
    *key = NULL;
    *chain = empty;
    error = make(dir, error == -EKEYEXPIRED);
    return error < 0 ? error : take(dir, chain, key, a);
}

int signer_dev(struct put *chain, EVP_PKEY **key, struct authority *a, struct fault *fault)
{
    char path[PATH_MAX];
    int error = user_dir_path(&dev_dir, path, fault);
    const int dir = error < 0 ? error : user_dir_open(&dev_dir, true, fault);
    if (dir < 0)
        return dir;
    error = take_or_make(dir, chain, key, a);
    close(dir);
    return error < 0 ? fault_system(fault, error,
                                    "%s/%s cannot be used; remove it, and another "
                                    "is made",
                                    path, DEV_FILE)
                     : 0;
}
