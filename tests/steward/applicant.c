/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificate requests, and certificates, with true quotes of a simulated machine in
 * them, of any claims: for tests of `enarx steward` and `enarx attest connect`.
 *
 *     applicant machine DIR           collateral and root.pem of the machine, into a folder
 *     applicant request OUT [NAME=VALUE]...
 *     applicant certificate OUT [NAME=VALUE]...
 *
 * writes OUT (DER) and OUT.key (PEM). Names: nonce, workload, enclave (hexadecimal), purpose,
 * name (may be repeated), original, key (a file to use, in place of a new one). */
/* links: tests/steward/keep.c sim/sgx/quoting.c sim/sgx/keys.c sim/sgx/authority.c */
/* links: sim/sgx/collateral.c sim/sgx/pck_extension.c host/user_dir.c host/newfile.c */
/* links: host/fault.c crypto/[a-z]*.c base/[a-z]*.c conf/evidence_claims.c tls/certificate.c */
/* libs: -lcrypto */
#define _GNU_SOURCE
#include "tests/steward/keep.h"

#include "base/hex.h"
#include "crypto/key.h"
#include "tls/certificate.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "applicant: %s\n", what);
    exit(1);
}

static void save(const char *path, struct bytes content)
{
    FILE *f = fopen(path, "we");
    need(f != NULL && fwrite(content.data, 1, content.size, f) == content.size && fclose(f) == 0,
         path);
}

static void save_key(const char *out, EVP_PKEY *key)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s.key", out);
    FILE *f = fopen(path, "we");
    need(f != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 &&
             fclose(f) == 0,
         path);
}

static EVP_PKEY *load_key(const char *path)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *key = f == NULL ? NULL : PEM_read_PrivateKey(f, NULL, NULL, NULL);
    need(key != NULL, path);
    fclose(f);
    return key;
}

static struct bytes from_hex(const char *text)
{
    const size_t size = strlen(text) / 2;
    uint8_t *data = malloc(size + 1);
    need(data != NULL && hex_parse(text, data, size) == 0, text);
    return (struct bytes){data, size};
}

/* One NAME=VALUE. */
static void set(struct keep *keep, const char *name, const char *value)
{
    if (strcmp(name, "nonce") == 0)
        keep->nonce = from_hex(value);
    else if (strcmp(name, "workload") == 0)
        keep->workload = from_hex(value);
    else if (strcmp(name, "enclave") == 0)
        memcpy(keep->mrenclave, from_hex(value).data, sizeof(keep->mrenclave));
    else if (strcmp(name, "purpose") == 0)
        keep->purpose = value;
    else if (strcmp(name, "name") == 0 && keep->name_count < KEEP_NAMES_MAX)
        keep->names[keep->name_count++] = bytes_of_text(value);
    else if (strcmp(name, "original") == 0)
        keep->original = true;
    else if (strcmp(name, "key") == 0)
        keep->key = load_key(value);
    else
        need(false, name);
}

static struct keep read_line(int argc, char **argv)
{
    EVP_PKEY *key;
    need(key_generate(&key) == 0, "no key");
    struct keep keep = keep_usual(key, (struct bytes){0});
    for (int i = 3; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        need(value != NULL, argv[i]);
        *value = '\0';
        set(&keep, argv[i], value + 1);
    }
    return keep;
}

/* The machine's files are not wanted again. */
static void open_machine(void)
{
    char folder[] = "/tmp/applicant-XXXXXX", command[64];
    need(mkdtemp(folder) != NULL, folder);
    keep_machine_open(folder);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    need(system(command) == 0, command);
}

int main(int argc, char **argv)
{
    static uint8_t room[40000];
    need(argc >= 3, "what, and where to?");
    if (strcmp(argv[1], "machine") == 0) {
        keep_machine_open(argv[2]);
        return 0;
    }
    open_machine();
    const struct keep keep = read_line(argc, argv);
    struct put out = put_init(room, sizeof(room));
    if (strcmp(argv[1], "certificate") == 0) {
        const struct tls_certificate cert = {.name = "keep", .evidence = keep_evidence(&keep)};
        need(tls_certificate_make(keep.key, &cert, &out) == 0 && !out.bad, "no certificate");
    } else {
        put_bytes(&out, keep_request(&keep));
    }
    save(argv[2], put_done(&out));
    save_key(argv[2], keep.key);
    return 0;
}
