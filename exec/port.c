/* SPDX-License-Identifier: Apache-2.0 */
/* exec's side of the port; see port.h. */
#include "exec/port.h"

#include "exec/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

static int64_t port_call(const struct port_call *call)
{
    port_entry *entry = (port_entry *)getauxval(AT_ENARX_PORT);
    return entry(call);
}

const struct boot_record *port_open(void)
{
    const struct boot_record *boot = (const struct boot_record *)getauxval(AT_ENARX_BOOT);
    if (getauxval(AT_ENARX_PORT) == 0 || boot == NULL)
        return NULL;
    if (boot->magic != BOOT_MAGIC || boot->version != PORT_VERSION || boot->zero != 0)
        return NULL;
    const bool known =
        boot->mode == BOOT_LOCAL || boot->mode == BOOT_DEPLOY || boot->mode == BOOT_EVIDENCE;
    return known && boot->cpus > 0 ? boot : NULL;
}

bool port_deploys(void)
{
    const struct boot_record *boot = (const struct boot_record *)getauxval(AT_ENARX_BOOT);
    return boot != NULL && boot->mode == BOOT_DEPLOY;
}

const uint8_t *port_cache_key(void)
{
    const bool none = CHECKED(host_code, port_deploys(), false);
    return none ? NULL : (const uint8_t *)getauxval(AT_ENARX_CACHE_KEY);
}

int64_t port_evidence(const uint8_t report_data[static REPORT_DATA_BYTES], void *to, size_t size)
{
    evidence_entry *entry = (evidence_entry *)getauxval(AT_ENARX_EVIDENCE);
    if (entry == NULL)
        return -ENOSYS;
    const int64_t given = entry(report_data, to, size);
    return given > (int64_t)size ? -EIO : given;
}

no_return void port_exit(enum port_end end, uint32_t status)
{
    if (CHECKED(host_status, port_deploys(), false)) {
        end = end == PORT_END_FAILED ? PORT_END_FAILED : PORT_END_DONE;
        status = 0;
    }
    port_call(&(struct port_call){.verb = PORT_EXIT, .arg = {end, status}});
    abort();
}

void port_log(enum port_level level, struct bytes text)
{
    port_call(&(struct port_call){
        .verb = PORT_LOG, .arg = {level}, .in = text.data, .in_size = text.size});
}

int64_t port_read(int64_t handle, void *to, size_t size, unsigned flags)
{
    return port_call(&(struct port_call){
        .verb = PORT_READ,
        .arg = {(uint64_t)handle, flags},
        .out = to,
        .out_size = size < PORT_CHUNK ? size : PORT_CHUNK,
    });
}

int64_t port_write(int64_t handle, const void *from, size_t size)
{
    return port_call(&(struct port_call){
        .verb = PORT_WRITE,
        .arg = {(uint64_t)handle},
        .in = from,
        .in_size = size < PORT_CHUNK ? size : PORT_CHUNK,
    });
}

int64_t port_close(int64_t handle)
{
    return port_call(&(struct port_call){.verb = PORT_CLOSE, .arg = {(uint64_t)handle}});
}

int64_t port_shutdown(int64_t handle, unsigned how)
{
    return port_call(&(struct port_call){.verb = PORT_SHUTDOWN, .arg = {(uint64_t)handle, how}});
}

int64_t port_accept(int64_t handle)
{
    return port_call(&(struct port_call){.verb = PORT_ACCEPT, .arg = {(uint64_t)handle}});
}

static int64_t open_endpoint(enum port_verb verb, uint64_t index, struct bytes place)
{
    return port_call(
        &(struct port_call){.verb = verb, .arg = {index}, .in = place.data, .in_size = place.size});
}

int64_t port_listen(uint64_t index, struct bytes place)
{
    return open_endpoint(PORT_LISTEN, index, place);
}

int64_t port_connect(uint64_t index, struct bytes place)
{
    return open_endpoint(PORT_CONNECT, index, place);
}

_Static_assert(sizeof(struct port_poll_row) == PORT_POLL_ROW, "poll row layout");

int64_t port_poll(struct port_poll_row *rows, size_t count, uint64_t timeout_ns)
{
    return port_call(&(struct port_call){
        .verb = PORT_POLL,
        .arg = {timeout_ns},
        .in = rows,
        .in_size = count * sizeof(rows[0]),
        .out = rows,
        .out_size = count * sizeof(rows[0]),
    });
}

uint64_t port_now(bool monotonic)
{
    clock_entry *entry = (clock_entry *)getauxval(AT_ENARX_CLOCK);
    if (entry != NULL)
        return entry(monotonic ? PORT_CLOCK_MONOTONIC : PORT_CLOCK_REALTIME);
    struct timespec t = {0};
    clock_gettime(monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int64_t port_exchange(enum port_blob kind, uint64_t index, uint64_t offset, void *to, size_t size)
{
    /* what is verified up to the makers' roots may come from anybody */
    if (CHECKED(host_blobs, port_deploys() && kind != PORT_BLOB_COLLATERAL, false))
        return -EACCES;
    return port_call(&(struct port_call){
        .verb = PORT_EXCHANGE,
        .arg = {kind, index, offset},
        .out = to,
        .out_size = size < PORT_CHUNK ? size : PORT_CHUNK,
    });
}

int64_t port_ask_steward(enum port_blob kind, uint64_t number, struct bytes input, void *to,
                         size_t size)
{
    const int64_t total = port_call(&(struct port_call){
        .verb = PORT_EXCHANGE,
        .arg = {kind, number, 0},
        .in = input.data,
        .in_size = input.size,
        .out = to,
        .out_size = size < PORT_CHUNK ? size : PORT_CHUNK,
    });
    return total > (int64_t)size || total > (int64_t)PORT_CHUNK ? -EMSGSIZE : total;
}

int port_fetch_into(enum port_blob kind, uint64_t index, void *to, size_t size)
{
    uint8_t *bytes = to;
    for (size_t offset = 0; offset < size; offset += PORT_CHUNK) {
        int64_t total = port_exchange(kind, index, offset, bytes + offset, size - offset);
        if (total < 0)
            return (int)total;
        if ((uint64_t)total != size)
            return -EIO;
    }
    return 0;
}

int port_fetch(enum port_blob kind, size_t size_max, struct bytes *blob)
{
    int64_t size = port_exchange(kind, 0, 0, NULL, 0);
    if (size < 0)
        return (int)size;
    if ((uint64_t)size > size_max)
        return -EFBIG;
    *blob = (struct bytes){0};
    if (size == 0)
        return 0;
    void *at = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return -ENOMEM;
    int error = port_fetch_into(kind, 0, at, (size_t)size);
    if (error < 0) {
        munmap(at, (size_t)size);
        return error;
    }
    *blob = (struct bytes){.data = at, .size = (size_t)size};
    return 0;
}

int port_store(enum port_store kind, struct bytes from)
{
    if (CHECKED(host_stores, port_deploys(), false))
        return -EACCES;
    for (size_t offset = 0; offset < from.size;) {
        size_t left = from.size - offset;
        int64_t taken = port_call(&(struct port_call){
            .verb = PORT_STORE,
            .arg = {kind},
            .in = from.data + offset,
            .in_size = left < PORT_CHUNK ? left : PORT_CHUNK,
        });
        if (taken < 0)
            return (int)taken;
        if (taken == 0)
            return -EIO;
        offset += (size_t)taken;
    }
    return 0;
}
