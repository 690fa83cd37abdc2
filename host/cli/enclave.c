/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, signatures and the measurement; see enclave.h. Trusts nothing in a file. */
#include "host/cli/enclave.h"

#include "base/wipe.h"
#include "host/cli/file.h"
#include "host/cli/message.h"
#include "host/sgx/author.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int enclave_measure(const struct sgx_listener *listener, uint8_t mrenclave[static SHA256_SIZE])
{
    struct sgx_image image;
    int error = sgx_image_parse(sgx_shim_file(), &image);
    if (error == -ENOEXEC)
        return fail("this command was built with a shim that is no enclave; build it anew");
    if (error == 0)
        error = sgx_measure(&image, SGX_KEEP_SIZE, SGX_KEEP_SSA_PAGES, listener, mrenclave);
    sgx_image_fini(&image);
    return error < 0 ? fail("out of memory") : 0;
}

int enclave_read_key(const char *path, EVP_PKEY **key)
{
    struct bytes pem;
    int error = file_read(path, RSA_PEM_MAX, &pem);
    *key = NULL;
    if (error == -EFBIG)
        return fail("%s is too large to be a private key", path);
    if (error < 0)
        return fail("cannot read the key '%s': %s", path, strerror(-error));
    error = rsa_parse(pem, key);
    wipe((void *)pem.data, pem.size);
    free((void *)pem.data);
    if (error == -EKEYREJECTED)
        return fail("%s is not an RSA key of 3072 bits with exponent 3, which SGX asks for; 'enarx "
                    "key sgx create' makes one",
                    path);
    return error < 0 ? fail("%s is not a private key in PEM, unencrypted; 'enarx key sgx create' "
                            "makes one",
                            path)
                     : 0;
}

static int parse_signatures(const char *path, struct bytes text, struct signatures *s)
{
    const char *fault = signatures_parse(text, s);
    if (fault != NULL)
        return fail("%s %s; 'enarx sign' writes such a file", path, fault);
    if (strcmp(s->version, ENARX_VERSION) != 0)
        return fail("%s is for version %s, this is %s; use the file of this build", path,
                    s->version, ENARX_VERSION);
    return 0;
}

int enclave_read_signatures(const char *path, const uint8_t mrenclave[static SHA256_SIZE],
                            struct sgx_sigstruct *out)
{
    struct bytes text;
    struct signatures s;
    int error = file_read(path, SIGNATURES_SIZE_MAX, &text);
    if (error == -EFBIG)
        return fail("%s is too large to be a file of signatures", path);
    if (error < 0)
        return fail("cannot read the signatures '%s': %s", path, strerror(-error));
    int status = parse_signatures(path, text, &s);
    free((void *)text.data);
    if (status != 0)
        return status;
    const char *fault = sgx_sigstruct_fault(&s.sgx, mrenclave);
    if (fault != NULL)
        return fail(
            "%s: what it has for SGX %s; use the file of this build, or sign with 'enarx sign'",
            path, fault);
    if (sgx_sigstruct_verify(&s.sgx) < 0)
        return fail(
            "%s: the signature for SGX is wrong: the file was changed; sign with 'enarx sign'",
            path);
    *out = s.sgx;
    return 0;
}

/* ---- the user's own ---- */

static void before_key_at_info(void)
{
    note(PORT_LOG_INFO, "making a key to sign enclaves with, once");
}

static void before_key_quietly(void) {}

int enclave_sign(const char *path, bool own, enum port_level level, struct sgx_sigstruct *out)
{
    uint8_t mrenclave[SHA256_SIZE];
    struct fault fault;
    int status = enclave_measure(NULL, mrenclave);
    if (status != 0)
        return status;
    if (path == NULL && !own && access(SIGNATURES_FILE, F_OK) == 0)
        path = SIGNATURES_FILE;
    if (path != NULL)
        return enclave_read_signatures(path, mrenclave, out);
    int error = sgx_author_sign(
        mrenclave, level >= PORT_LOG_INFO ? before_key_at_info : before_key_quietly, out, &fault);
    return error < 0 ? fail("%s", fault.text) : 0;
}
