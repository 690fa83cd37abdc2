/* SPDX-License-Identifier: Apache-2.0 */
/* The authority's key and certificates; see signer_parts.h. Trusts the operator's files. */
#define _GNU_SOURCE
#include "base/der.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "crypto/x509.h"
#include "host/service_file.h"
#include "svc/steward/signer_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define PEM_MAX   65536u
#define KEY_SIGNS 0x04 /* keyCertSign, first byte of keyUsage [RFC 5280 4.2.1.3] */

/* ---- files ---- */

/* Nobody is asked for a passphrase. */
static int no_passphrase(maybe_unused char *to, maybe_unused int size, maybe_unused int writing,
                         maybe_unused void *context)
{
    return -1;
}

static int read_key(const char *path, EVP_PKEY **key, struct fault *fault)
{
    struct bytes text = {0};
    uint8_t point[KEY_POINT_SIZE];
    int error = service_file_read(AT_FDCWD, path, true, PEM_MAX, &text, fault);
    if (error < 0)
        return error;
    BIO *in = BIO_new_mem_buf(text.data, (int)text.size);
    *key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
    BIO_free(in);
    service_file_forget(&text);
    ERR_clear_error();
    if (*key != NULL && key_point(*key, point) == 0)
        return 0;
    return fault_set(fault, -EINVAL,
                     "%s holds no private key of P-256 in PEM, unencrypted; make one with 'openssl "
                     "ecparam -name prime256v1 -genkey -noout'",
                     path);
}

/* Each is issued by the next, and all of them may issue. */
static const char *chain_fault(const struct x509_set *set, struct bytes public_key)
{
    for (size_t i = 0; i < set->cert_count; i++) {
        const struct x509_cert *cert = set->certs[i];
        if (!cert->ca || (cert->usage & KEY_SIGNS) == 0)
            return "holds a certificate that may not issue others (basicConstraints, keyUsage)";
        if (i > 0 && !bytes_equal(set->certs[i - 1]->issuer_name, cert->subject))
            return "has its certificates in another order than each followed by its issuer's";
    }
    if (!bytes_equal(set->certs[0]->spki, public_key))
        return "does not begin with the certificate that belongs to the key";
    return set->cert_count > CHAIN_MAX ? "has too many certificates" : NULL;
}

static int take_chain(const struct x509_set *set, struct put *chain, struct authority *a)
{
    for (size_t i = 0; i < set->cert_count; i++)
        put_bytes(chain, set->certs[i]->der);
    a->not_before = set->certs[0]->not_before;
    a->not_after = set->certs[0]->not_after;
    return chain->bad ? -EMSGSIZE : 0;
}

static int read_chain(const char *path, const EVP_PKEY *key, struct put *chain, struct authority *a,
                      struct fault *fault)
{
    struct bytes text = {0};
    struct x509_set set;
    uint8_t public_key[KEY_PUBLIC_SIZE];
    int error = service_file_read(AT_FDCWD, path, false, PEM_MAX, &text, fault);
    if (error < 0)
        return error;
    x509_set_init(&set);
    error = x509_set_add_certs(&set, text);
    if (error < 0)
        fault_set(fault, error, "%s holds no certificates in PEM", path);
    else if ((error = key_public(key, public_key)) == 0) {
        x509_set_link(&set);
        const char *why = chain_fault(&set, (struct bytes){public_key, sizeof(public_key)});
        error = why != NULL ? fault_set(fault, -EINVAL, "%s %s", path, why)
                            : take_chain(&set, chain, a);
    }
    x509_set_fini(&set);
    service_file_forget(&text);
    return error;
}

/* ---- both ---- */

int signer_load(const struct signer_config *config, struct put *chain, EVP_PKEY **key,
                struct authority *a, struct fault *fault)
{
    int error;
    *fault = (struct fault){.text = ""};
    *a = (struct authority){
        .policy = config->policy, .legacy = config->legacy, .lifetime = config->lifetime};
    if (config->key == NULL) {
        error = signer_dev(chain, key, a, fault);
    } else {
        error = read_key(config->key, key, fault);
        if (error == 0)
            error = read_chain(config->cert, *key, chain, a, fault);
    }
    struct cur c = cur_init(put_done(chain));
    if (error == 0)
        error = issuer_of(der_take_whole(&c, DER_SEQUENCE), *key, &a->issuer);
    if (error < 0 && fault->text[0] == '\0')
        fault_set(fault, error, "the authority's certificates cannot be used");
    return error;
}
