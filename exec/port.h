/* SPDX-License-Identifier: Apache-2.0 */
/* exec's calls on the port, one function a verb. Whoever loaded exec carries
 * them (include/port.h); exec does not know what kind of keep it is in. Results
 * are within their rows' bounds, contents are still the host's word. */
#ifndef EXEC_PORT_H
#define EXEC_PORT_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/port.h"

#include <stdbool.h>

/* Finds the port and the boot record that the loader left. Null when there is
 * none, or when the record is not one this exec understands. */
const struct boot_record *port_open(void);

/* This keep takes its workload from an owner. Its host then gets no status and nothing
 * to store, and gives no blob and no cache, but a steward's answers: all of that is -EACCES here.
 */
bool port_deploys(void);

/* The 32-byte key of the code cache, or null when there is no cache. */
const uint8_t *port_cache_key(void);

/* Evidence of this keep with that report data; see evidence_entry. Its size, or a
 * negative errno: -ENOSYS for a keep that can prove nothing. */
must_use int64_t port_evidence(const uint8_t report_data[static REPORT_DATA_BYTES], void *to,
                               size_t size);

/* The host of a deployment learns no more than whether it failed. */
no_return void port_exit(enum port_end end, uint32_t status);

/* For exec/report.c alone, which knows what the host may hear. */
void port_log(enum port_level level, struct bytes text);

int64_t port_read(int64_t handle, void *to, size_t size, unsigned flags);
int64_t port_write(int64_t handle, const void *from, size_t size);
int64_t port_close(int64_t handle);
int64_t port_shutdown(int64_t handle, unsigned how);
int64_t port_accept(int64_t handle);

/* Opens the manifest's stream `index`, at `place`, HOST:PORT, in a deployment, whose host knows
 * no manifest; -EAGAIN: again with the same. Empty: the host has opened it before; of a
 * deployment that is the owner's channel, 0. */
int64_t port_listen(uint64_t index, struct bytes place);
int64_t port_connect(uint64_t index, struct bytes place);

struct port_poll_row {
    int32_t handle;
    uint16_t want;  /* PORT_POLL_ bits */
    uint16_t ready; /* set by the host: a hint */
};
int64_t port_poll(struct port_poll_row *rows, size_t count, uint64_t timeout_ns);

/* Nanoseconds: of the keep's own clock where it has one, else the system's. */
uint64_t port_now(bool monotonic);

/* Part of a blob from `offset` on; returns the whole blob's size. The host of a deployment is
 * asked for collateral alone: -EACCES. */
int64_t port_exchange(enum port_blob kind, uint64_t index, uint64_t offset, void *to, size_t size);

/* What a steward answers, to `to` of `size` bytes: `kind` is PORT_BLOB_STEWARD_NONCE or
 * _CERTIFICATE, number and input as there. The host of a deployment may be asked, too. The
 * answer's size, -EAGAIN while the host is at it, -EMSGSIZE, or another -errno. */
must_use int64_t port_ask_steward(enum port_blob kind, uint64_t number, struct bytes input,
                                  void *to, size_t size);

/* A blob of exactly `size` bytes. 0 or -errno; -EIO when the host has another size. */
must_use int port_fetch_into(enum port_blob kind, uint64_t index, void *to, size_t size);

/* A whole blob of at most `size_max` bytes, in memory of its own that is never
 * given back. 0 or -errno. */
must_use int port_fetch(enum port_blob kind, size_t size_max, struct bytes *blob);

/* Hands over all of `from`. 0 or -errno. */
must_use int port_store(enum port_store kind, struct bytes from);

#endif
