/* SPDX-License-Identifier: Apache-2.0 */
/* The port: everything a keep may ask of its host. Shared by the keep side
 * (shim/core/port.c), the host side (host/port_host.c) and exec.
 *
 * Each side trusts nothing the other wrote. The two share one block of memory:
 *
 *     0        boot record, read once by the keep before exec starts
 *     4096     frame: verb, arguments, sizes, result
 *     8192     data: the bytes going in, then, 64-byte aligned, the bytes coming out
 *
 * A call is one row of PORT_TABLE. The keep writes a frame and its input, enters
 * the host, then reads result and output once. Integers are little-endian, sizes
 * are bytes, times are nanoseconds.
 *
 * Only `poll` waits. Every other verb answers at once, with -EAGAIN where it
 * would have had to wait. */
#ifndef PORT_H
#define PORT_H

#include <stddef.h>
#include <stdint.h>

#define PORT_VERSION 1u

/* Block layout, bytes. */
#define PORT_BOOT_OFFSET  0u
#define PORT_FRAME_OFFSET 4096u
#define PORT_DATA_OFFSET  8192u
#define PORT_DATA_SIZE    (512u * 1024u)
#define PORT_BLOCK_SIZE   (PORT_DATA_OFFSET + PORT_DATA_SIZE)
#define PORT_DATA_ALIGN   64u

/* The most that one transfer carries either way. */
#define PORT_CHUNK (256u * 1024u)

/* How the host must read the input, and how the keep bounds the result.
 * Any result may also be a negative errno of PORT_ERRNO_TABLE. */
enum port_in { PORT_IN_NONE, PORT_IN_PARSED, PORT_IN_OPAQUE };
enum port_result {
    PORT_RESULT_ZERO,   /* 0 */
    PORT_RESULT_TAKEN,  /* bytes of the input taken: at most in_size */
    PORT_RESULT_GIVEN,  /* bytes of output given: at most out_size */
    PORT_RESULT_ROWS,   /* rows ready: at most in_size / PORT_POLL_ROW; output as large as the input
                         */
    PORT_RESULT_HANDLE, /* a host handle: 0 to PORT_HANDLE_MAX */
    PORT_RESULT_TIME,   /* nanoseconds: not negative */
    PORT_RESULT_TOTAL,  /* size of a whole blob: the output is its part from arg[2] on */
};

/* X(NAME, input, most bytes in, most bytes out, result) */
#define PORT_TABLE(X)                                                                       \
    /* Ends the keep. arg: enum port_end, status. Does not return. */                       \
    X(EXIT, PORT_IN_NONE, 0, 0, PORT_RESULT_ZERO)                                           \
    /* One message for the operator. arg: enum port_level. */                               \
    X(LOG, PORT_IN_PARSED, PORT_LOG_MAX, 0, PORT_RESULT_ZERO)                               \
    /* arg: handle, PORT_READ_* flags. 0 is the end of the stream. */                       \
    X(READ, PORT_IN_NONE, 0, PORT_CHUNK, PORT_RESULT_GIVEN)                                 \
    /* arg: handle. */                                                                      \
    X(WRITE, PORT_IN_OPAQUE, PORT_CHUNK, 0, PORT_RESULT_TAKEN)                              \
    /* arg: handle. */                                                                      \
    X(CLOSE, PORT_IN_NONE, 0, 0, PORT_RESULT_ZERO)                                          \
    /* arg: handle, PORT_SHUT_* bits. */                                                    \
    X(SHUTDOWN, PORT_IN_NONE, 0, 0, PORT_RESULT_ZERO)                                       \
    /* arg: index of the stream in the manifest. input: HOST:PORT, of a deployment, whose   \
     * host does not know its manifest; again with the same index after -EAGAIN. */         \
    X(LISTEN, PORT_IN_PARSED, PORT_ENDPOINT_MAX, 0, PORT_RESULT_HANDLE)                     \
    /* arg: handle of a listener. */                                                        \
    X(ACCEPT, PORT_IN_NONE, 0, 0, PORT_RESULT_HANDLE)                                       \
    /* As LISTEN. */                                                                        \
    X(CONNECT, PORT_IN_PARSED, PORT_ENDPOINT_MAX, 0, PORT_RESULT_HANDLE)                    \
    /* arg: longest wait, or PORT_FOREVER. input and output: rows. */                       \
    X(POLL, PORT_IN_PARSED, PORT_POLL_MAX *PORT_POLL_ROW, PORT_POLL_MAX *PORT_POLL_ROW,     \
      PORT_RESULT_ROWS)                                                                     \
    /* arg: enum port_clock. */                                                             \
    X(CLOCK, PORT_IN_NONE, 0, 0, PORT_RESULT_TIME)                                          \
    /* arg: enum port_blob, index, offset. */                                               \
    X(EXCHANGE, PORT_IN_PARSED, PORT_REQUEST_MAX, PORT_CHUNK, PORT_RESULT_TOTAL)            \
    /* arg: enum port_store. The next part of a stream of bytes. */                         \
    X(STORE, PORT_IN_OPAQUE, PORT_CHUNK, 0, PORT_RESULT_TAKEN)                              \
    /* Of keeps that can prove what they are. arg, input, output: include/sgx_keep.h,       \
     * include/kvm_keep.h. */                                                               \
    X(QUOTE, PORT_IN_PARSED, 4096, PORT_CHUNK, PORT_RESULT_GIVEN)                           \
    /* Of keeps whose memory the host manages. arg: operation, address, pages, permissions; \
     * include/sgx_keep.h. */                                                               \
    X(MEMORY, PORT_IN_NONE, 0, 0, PORT_RESULT_ZERO)

#define PORT_VERB_NAME(name, ...) PORT_##name,
enum port_verb { PORT_TABLE(PORT_VERB_NAME) PORT_VERB_COUNT };
#undef PORT_VERB_NAME

/* The errnos a host may answer with, by their Linux numbers. Anything else
 * stops the keep. */
#define PORT_ERRNO_TABLE(X)    \
    X(2)   /* ENOENT */        \
    X(5)   /* EIO */           \
    X(9)   /* EBADF */         \
    X(11)  /* EAGAIN */        \
    X(12)  /* ENOMEM */        \
    X(13)  /* EACCES */        \
    X(22)  /* EINVAL */        \
    X(24)  /* EMFILE */        \
    X(27)  /* EFBIG */         \
    X(28)  /* ENOSPC */        \
    X(32)  /* EPIPE */         \
    X(38)  /* ENOSYS */        \
    X(88)  /* ENOTSOCK */      \
    X(90)  /* EMSGSIZE */      \
    X(95)  /* EOPNOTSUPP */    \
    X(98)  /* EADDRINUSE */    \
    X(99)  /* EADDRNOTAVAIL */ \
    X(101) /* ENETUNREACH */   \
    X(103) /* ECONNABORTED */  \
    X(104) /* ECONNRESET */    \
    X(107) /* ENOTCONN */      \
    X(110) /* ETIMEDOUT */     \
    X(111) /* ECONNREFUSED */  \
    X(113) /* EHOSTUNREACH */

enum port_end { PORT_END_DONE, PORT_END_TRAP, PORT_END_FAILED };
enum port_level { PORT_LOG_ERROR, PORT_LOG_WARN, PORT_LOG_INFO, PORT_LOG_DEBUG };
enum port_clock { PORT_CLOCK_REALTIME, PORT_CLOCK_MONOTONIC };
enum port_blob {
    PORT_BLOB_MANIFEST,
    PORT_BLOB_MODULE,
    PORT_BLOB_FILE,
    PORT_BLOB_CODE,
    PORT_BLOB_CHALLENGE,  /* a nonce: 0 to PORT_NONCE_MAX bytes */
    PORT_BLOB_COLLATERAL, /* what it takes to verify other keeps: conf/collateral.h */

    /* What a steward answers. index: number of the attempt, from 1 on, of both kinds together;
     * a higher one asks anew, the same one again goes on after -EAGAIN, and `input` is then
     * empty. Other errors are the steward's refusal (-EACCES), or why nobody was reached. */
    PORT_BLOB_STEWARD_NONCE,       /* input: its URL */
    PORT_BLOB_STEWARD_CERTIFICATE, /* input: its URL, NUL, a PKCS #10 request in DER; a PkiPath */
};
enum port_store {
    PORT_STORE_CODE,
    PORT_STORE_OUTPUT,
    PORT_STORE_CLAIMS,   /* the claims buffer that evidence binds */
    PORT_STORE_EVIDENCE, /* a quote or report */
};

#define PORT_LOG_MAX      4096u         /* bytes of text */
#define PORT_ENDPOINT_MAX 272u          /* bytes: a host name or address, and a port */
#define PORT_REQUEST_MAX  (96u * 1024u) /* bytes: a URL, and a request with evidence */
#define PORT_NONCE_MAX    64u
#define PORT_EVIDENCE_MAX (64u * 1024u) /* bytes: a quote carries its certificates */

#define PORT_READ_PEEK  1u
#define PORT_SHUT_READ  1u
#define PORT_SHUT_WRITE 2u

/* Handles 0, 1 and 2 are the host's standard streams. */
#define PORT_HANDLE_MAX 0x7fffffffu

#define PORT_FOREVER UINT64_MAX

/* One row of a poll: i32 handle, u16 wanted, u16 ready. */
#define PORT_POLL_ROW    8u
#define PORT_POLL_MAX    32768u
#define PORT_POLL_READ   1u
#define PORT_POLL_WRITE  2u
#define PORT_POLL_HANGUP 4u /* ready only */

/* The data of every verb fits, both ways. */
#define PORT_FITS(name, input, in_max, out_max, result)                                   \
    _Static_assert(((in_max) + PORT_DATA_ALIGN - 1) / PORT_DATA_ALIGN * PORT_DATA_ALIGN + \
                           (out_max) <=                                                   \
                       PORT_DATA_SIZE,                                                    \
                   #name);
PORT_TABLE(PORT_FITS)
#undef PORT_FITS

/* The frame as it lies in the block. */
struct port_frame {
    uint32_t verb;
    uint32_t zero;
    uint64_t arg[4];
    uint64_t in_size;
    uint64_t out_size;
    int64_t result;
};
_Static_assert(sizeof(struct port_frame) == 64, "frame is one cache line");
_Static_assert(offsetof(struct port_frame, arg) == 8, "frame layout");
_Static_assert(offsetof(struct port_frame, result) == 56, "frame layout");

/* What exec passes to whoever carries its calls: memory of its own. */
struct port_call {
    uint32_t verb;
    uint64_t arg[4];
    const void *in;
    size_t in_size;
    void *out;
    size_t out_size;
};

/* Returns what the verb's row says. A host that breaks the rules ends the keep. */
typedef int64_t port_entry(const struct port_call *call);

/* What the host wants the keep to be. Untrusted: copied once, then checked. */
#define BOOT_MAGIC 0x78726e65u /* "enrx" */
enum boot_mode {
    BOOT_LOCAL = 1,
    BOOT_DEPLOY = 2,
    BOOT_EVIDENCE = 3, /* makes evidence for its operator and ends: no workload */
};

struct boot_record {
    uint32_t magic;
    uint32_t version;     /* PORT_VERSION */
    uint32_t mode;        /* enum boot_mode */
    uint32_t cpus;        /* CPUs exec may use; with 1 it creates no thread */
    uint64_t memory_size; /* most bytes of WebAssembly memory */
    uint64_t files_size;  /* most bytes the file system may hold */
    uint32_t terminals;   /* bit n: standard stream n is a terminal */
    uint32_t zero;
};
_Static_assert(sizeof(struct boot_record) == 40, "boot record layout");

/* Evidence of this keep that carries those 64 bytes of report data, as the hardware's
 * makers define it: an SGX quote, an SNP report. The shim does all that takes one
 * (SGX: TARGETINFO from PORT_QUOTE, EREPORT, a quote from PORT_QUOTE), and checks that
 * what the host returned is about this very keep. So exec knows no technology.
 * Returns the size of what it put to `evidence`, at most `size`, or a negative errno. */
#define REPORT_DATA_BYTES 64u
typedef int64_t evidence_entry(const uint8_t report_data[REPORT_DATA_BYTES], void *evidence,
                               size_t size);

/* Nanoseconds on a clock: as PORT_CLOCK, but not a call for each look. */
typedef uint64_t clock_entry(uint64_t clock);

/* Auxiliary vector entries that exec finds beside the usual ones. */
#define AT_ENARX_PORT      0x656e7801u /* port_entry * */
#define AT_ENARX_BOOT      0x656e7802u /* const struct boot_record *, a private copy */
#define AT_ENARX_CACHE_KEY 0x656e7803u /* const uint8_t[32], absent: no code cache */
#define AT_ENARX_EVIDENCE  0x656e7804u /* evidence_entry *, absent: this keep proves nothing */
#define AT_ENARX_CLOCK     0x656e7805u /* clock_entry *, absent: the system's clock will do */

#endif
