/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest: everything that defines a workload, as one deterministic CBOR
 * map (RFC 8949 4.2.1). Its SHA-256 is the workload digest. Host and keep share
 * this file: the host builds a manifest, the keep parses it and believes nothing
 * that it does not find in it.
 *
 * Text is UTF-8 without NUL. Every array keeps its order. */
#ifndef CONF_MANIFEST_H
#define CONF_MANIFEST_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"

#define MANIFEST_VERSION     1u
#define MANIFEST_SIZE_MAX    (64u * 1024u * 1024u)
#define MANIFEST_COUNT_MAX   1000000u /* entries in any array */
#define MANIFEST_SECRETS_MAX 4096u    /* names of secrets, of both kinds together */
#define MANIFEST_NAMES_MAX   32u      /* host names in the certificate */
#define MANIFEST_STEWARD_MAX 1024u    /* bytes of its URL */
#define DIGEST_SIZE          32u      /* SHA-256 */

enum compiler { COMPILER_CRANELIFT, COMPILER_WINCH };

enum stream_kind {
    STREAM_NULL,
    STREAM_STDIN,
    STREAM_STDOUT,
    STREAM_STDERR,
    STREAM_LISTEN,
    STREAM_CONNECT,
};
enum stream_protocol { PROTOCOL_TLS, PROTOCOL_TCP };
enum tls_clients { CLIENTS_NONE, CLIENTS_OPTIONAL, CLIENTS_REQUIRED };
enum tls_verify { VERIFY_NONE, VERIFY_CA, VERIFY_ATTESTED };

/* How a stream speaks TLS. All zero for streams of other kinds and protocols. */
struct manifest_tls {
    enum tls_clients clients; /* listen: whether they show certificates, else CLIENTS_NONE */
    enum tls_verify verify;   /* VERIFY_NONE: a listener with CLIENTS_NONE, and no other */
    size_t trust;             /* index in cas or policies, as verify says, else 0 */
    struct bytes server_name; /* connect: name or address to verify; empty: the stream's host */
    struct bytes alpn;        /* as sent [RFC 7301 3.1]: names, each behind a byte of its size */
};

/* One of Enarx.toml's `files`: descriptor i of the program is streams[i]. */
struct manifest_stream {
    enum stream_kind kind;
    struct bytes name;             /* not empty, no ':' */
    enum stream_protocol protocol; /* listen and connect only, else PROTOCOL_TLS */
    struct bytes host;             /* listen: address; connect: name or address; else empty */
    uint16_t port;                 /* listen and connect only, else 0 */
    struct manifest_tls tls;
};

struct manifest_env {
    struct bytes name; /* not empty, no '=' */
    struct bytes value;
};

/* A directory that the program finds preopened. */
struct manifest_dir {
    struct bytes path; /* absolute guest path, normalised: "/", "/data" */
    bool read_only;
    bool output; /* its contents go back to the host when the program ends */
};

enum manifest_file_type { FILE_REGULAR, FILE_DIRECTORY, FILE_SYMLINK };

/* One node of the file system at start. Parents precede children. */
struct manifest_file {
    enum manifest_file_type type;
    struct bytes path;           /* absolute guest path, normalised */
    uint64_t mtime;              /* nanoseconds since 1970 */
    uint64_t size;               /* regular: bytes; else 0 */
    uint8_t digest[DIGEST_SIZE]; /* regular: SHA-256; else zero */
    struct bytes target;         /* symlink: where it points; else empty */
};

struct manifest {
    uint8_t module_digest[DIGEST_SIZE];
    uint64_t module_size;
    enum compiler compiler;
    uint64_t memory_size; /* most bytes of WebAssembly memory */
    uint64_t files_size;  /* most bytes of all files together */
    struct bytes *args;   /* argv, argv[0] included */
    size_t arg_count;
    struct manifest_env *env;
    size_t env_count;
    struct manifest_stream *streams;
    size_t stream_count;
    struct manifest_dir *dirs;
    size_t dir_count;
    struct manifest_file *files;
    size_t file_count;

    /* Secrets are named here and valued elsewhere: evidence is public, and a digest of
     * what can be guessed tells it. Neither array in the CBOR when it is empty. */
    struct bytes *secret_env; /* names of variables, none of them in env */
    size_t secret_env_count;
    struct bytes *secret_files; /* guest paths as in manifest_file, none of them in files;
                                   their parents are, or the root is */
    size_t secret_file_count;

    /* What TLS streams trust, and what certifies them: each of these is used by one, and no two
     * are alike. Not in the CBOR when empty, nor is what streams say of TLS when none speaks
     * it. */
    struct bytes *cas; /* sets of certificates: DER, one behind the other */
    size_t ca_count;
    struct bytes *policies; /* the text of a policy.toml */
    size_t policy_count;
    struct bytes *cert_names; /* host names wanted in the keep's certificate */
    size_t cert_name_count;

    /* Who certifies the keep's key, for its TLS streams, of which there is one: a URL as
     * manifest_url_ok() takes it, and which of cas its certificates have to lead to. Empty:
     * nobody does, the index is 0, and there is no such pair in the CBOR. */
    struct bytes steward;
    size_t steward_ca;
};

/* Writes `m` as CBOR. */
void manifest_put(const struct manifest *m, struct put *p);

/* Parses exactly `from`, with every rule above checked. Slices borrow from
 * `from`; arrays are allocated and belong to the caller: manifest_fini.
 * 0, -EBADMSG when malformed, -ENOMEM. On failure `m` is empty. */
must_use int manifest_parse(struct bytes from, struct manifest *m);

/* Frees the arrays of a parsed manifest. */
void manifest_fini(struct manifest *m);

#endif
