/* SPDX-License-Identifier: Apache-2.0 */
/* MRENCLAVE; see measure.h. OpenSSL's interface of 1.1 keeps a hash in progress in
 * plain memory. */
#define OPENSSL_API_COMPAT 0x10101000L
#include "sim/sgx/measure.h"

#include <string.h>

#define RECORD 64u

static void update(struct measure *m, const uint8_t record[static RECORD])
{
    SHA256_Update(&m->ctx, record, RECORD);
}

void measure_create(struct measure *m, const struct sgx_secs *secs)
{
    uint8_t record[RECORD] = "ECREATE";
    memcpy(record + 8, &secs->ssa_frame_size, 4);
    memcpy(record + 12, &secs->size, 8);
    SHA256_Init(&m->ctx);
    update(m, record);
}

void measure_add(struct measure *m, uint64_t offset, const struct sgx_secinfo *secinfo)
{
    uint8_t record[RECORD] = "EADD";
    memcpy(record + 8, &offset, 8);
    memcpy(record + 16, secinfo, 48);
    update(m, record);
}

void measure_extend(struct measure *m, uint64_t offset, const uint8_t part[static MEASURE_PART])
{
    uint8_t record[RECORD] = "EEXTEND";
    memcpy(record + 8, &offset, 8);
    update(m, record);
    for (size_t i = 0; i < MEASURE_PART; i += RECORD)
        update(m, part + i);
}

void measure_final(const struct measure *m, uint8_t mrenclave[static 32])
{
    SHA256_CTX copy = m->ctx;
    SHA256_Final(mrenclave, &copy);
}
