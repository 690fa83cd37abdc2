/* SPDX-License-Identifier: Apache-2.0 */
/* The deployment channel: what an owner and a keep say to each other, inside one
 * TLS 1.3 session [RFC 8446] that the host only carries. The keep is the server, its
 * key made for this instance; no resumption, no early data. Each side trusts nothing
 * of the other until evidence and, for the owner of a keep that runs, a key say so.
 *
 *     owner                                     keep
 *     CHALLENGE version, what, time, nonce  ->
 *                                           <-  EVIDENCE  purpose deploy-empty, nonce,
 *                                                         exporter, hash of the TLS key
 *     (the owner appraises it)
 *     WORKLOAD manifest, module, files,     ->
 *              secrets, the owner's key
 *                                           <-  READY     purpose deploy-ready, the same,
 *                                                         and the workload digest
 *     (the owner appraises it)
 *     STDIN, SIGNAL, CREDIT                <->  STDOUT, STDERR, LOG, CREDIT
 *                                           <-  FILES, EXIT
 *
 * A keep that has its workload answers a CHALLENGE to attach with READY, and only to a
 * TLS client whose certificate is of the owner's key, while the owner takes none but the
 * keep of the same TLS key as before: others can be had with the same workload. The newest
 * such session takes the place of the one before. Where a keep refuses, LOG and EXIT come
 * instead of an answer.
 *
 * A session is over with the close_notify of either side. The first one is over before
 * READY: so is the keep. After it, the workload goes on if it is detached. Of its output
 * all that no credit came for is sent again to whoever attaches: so an owner gives credit
 * for what it has taken before it leaves. The keep stays until a session answers EXIT with
 * CREDIT for EXIT, of 0 bytes: its owner has all there was. Input that was sent and not
 * read is gone.
 *
 * A message is a header (u32 type, u32 zero, u64 size of the payload) and its payload.
 * Integers are little-endian, sizes bytes, times nanoseconds since 1970. */
#ifndef CHANNEL_H
#define CHANNEL_H

#define CHANNEL_VERSION  1u
#define CHANNEL_ALPN     "enarx-keep/1"           /* where a host upgrades to it over HTTP, too */
#define CHANNEL_EXPORTER "EXPORTER-enarx-keep-v1" /* context: the nonce [RFC 8446 7.5] */

#define CHANNEL_HEADER_SIZE    16u
#define CHANNEL_NONCE_SIZE     32u
#define CHANNEL_EXPORTER_SIZE  32u
#define CHANNEL_CHALLENGE_SIZE 48u /* u32 version, u32 enum channel_what, u64 time, nonce */
#define CHANNEL_WORKLOAD_HEAD  16u /* u32 manifest, u32 secrets, u32 owner key, u32 flags */
#define CHANNEL_SECRETS_MAX    (1024u * 1024u)
#define CHANNEL_OWNER_KEY_MAX  1024u /* DER SubjectPublicKeyInfo */
#define CHANNEL_EVIDENCE_MAX   (128u * 1024u)
#define CHANNEL_WORKLOAD_MAX   (8ull << 30)
#define CHANNEL_DATA_MAX       65536u
#define CHANNEL_LOG_MAX        4096u /* bytes of text */

/* Output kept for the owner of a detached workload: the oldest goes first. */
#define CHANNEL_RING (1024u * 1024u)

/* Bytes of STDIN, of STDOUT and of STDERR that may be under way: what the receiver has
 * not yet given credit for. Each begins with that much. */
#define CHANNEL_WINDOW 262144u
_Static_assert(2 * CHANNEL_WINDOW <= CHANNEL_RING, "output of both under way is kept");

/* Who may send it. */
enum channel_side { CHANNEL_OWNER, CHANNEL_KEEP, CHANNEL_BOTH };

/* X(NAME, number, side, least and most bytes of payload) */
#define CHANNEL_TABLE(X)                                                                        \
    X(CHALLENGE, 1, CHANNEL_OWNER, CHANNEL_CHALLENGE_SIZE, CHANNEL_CHALLENGE_SIZE)              \
    /* u32 size of the claims buffer, it, then the quote or report: empty where a keep can      \
     * prove nothing */                                                                         \
    X(EVIDENCE, 2, CHANNEL_KEEP, 4, CHANNEL_EVIDENCE_MAX)                                       \
    /* The head; the owner's key, manifest, secrets; the module; the contents of the manifest's \
     * regular files in its order. Secrets: a CBOR array of byte strings, one for each secret   \
     * of the manifest: variables, then files; empty where there is none. */                    \
    X(WORKLOAD, 3, CHANNEL_OWNER, CHANNEL_WORKLOAD_HEAD, CHANNEL_WORKLOAD_MAX)                  \
    /* SHA-256 of nonce and secrets, for the owner alone; then as EVIDENCE */                   \
    X(READY, 4, CHANNEL_KEEP, 36, CHANNEL_EVIDENCE_MAX)                                         \
    X(STDIN, 5, CHANNEL_OWNER, 0, CHANNEL_DATA_MAX) /* empty: its end */                        \
    X(STDOUT, 6, CHANNEL_KEEP, 0, CHANNEL_DATA_MAX) /* empty: its end */                        \
    X(STDERR, 7, CHANNEL_KEEP, 0, CHANNEL_DATA_MAX)                                             \
    X(CREDIT, 8, CHANNEL_BOTH, 8, 8)  /* u32 type of the stream's messages, u32 bytes more */   \
    X(SIGNAL, 9, CHANNEL_OWNER, 4, 4) /* u32 number, of Linux on x86-64 */                      \
    /* u32 enum port_level, text of the keep for its owner */                                   \
    X(LOG, 10, CHANNEL_KEEP, 4, 4 + CHANNEL_LOG_MAX)                                            \
    X(FILES, 11, CHANNEL_KEEP, 1, CHANNEL_DATA_MAX) /* part of an archive: include/archive.h */ \
    /* To whoever attaches, once, behind all that was kept while nobody was: u64 bytes of       \
     * output from before that are lost. */                                                     \
    X(LOST, 12, CHANNEL_KEEP, 8, 8)                                                             \
    X(EXIT, 13, CHANNEL_KEEP, 8, 8) /* u32 enum channel_end, u32 status; the last message */

#define CHANNEL_TYPE(name, number, ...) CHANNEL_##name = number,
enum channel_type { CHANNEL_TABLE(CHANNEL_TYPE) CHANNEL_TYPE_COUNT };
#undef CHANNEL_TYPE

enum channel_what { CHANNEL_DEPLOY = 1, CHANNEL_ATTACH = 2 };
enum channel_end { CHANNEL_END_EXIT, CHANNEL_END_TRAP, CHANNEL_END_FAILED };

/* Flags of WORKLOAD. */
#define CHANNEL_DETACHED        1u /* the workload outlives the session, for the owner's key */
#define CHANNEL_TERMINAL_STDIN  2u
#define CHANNEL_TERMINAL_STDOUT 4u
#define CHANNEL_TERMINAL_STDERR 8u
#define CHANNEL_FLAGS           15u

#endif
