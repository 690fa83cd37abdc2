/* SPDX-License-Identifier: Apache-2.0 */
/* MRENCLAVE: what the processor measures while an enclave is built, calculated from
 * its image [SDM 3D 38.3 ECREATE, EADD, EEXTEND]. Pure. */
#ifndef HOST_SGX_MEASURE_H
#define HOST_SGX_MEASURE_H

#include "crypto/digest.h"
#include "host/sgx/image.h"

#define SGX_EXTEND_SIZE 256u

/* One measured operation. */
enum sgx_record_kind { SGX_RECORD_ECREATE, SGX_RECORD_EADD, SGX_RECORD_EEXTEND };
struct sgx_record {
    enum sgx_record_kind kind;
    uint64_t offset;    /* EADD, EEXTEND */
    uint64_t flags;     /* EADD: of SECINFO */
    uint32_t ssa_pages; /* ECREATE: SSAFRAMESIZE */
    uint64_t size;      /* ECREATE */
    struct bytes data;  /* EEXTEND: 256 bytes of the page */
};

/* Called with every record in its order; null: nobody wants to know. */
struct sgx_listener {
    void (*hear)(void *context, const struct sgx_record *record);
    void *context;
};

/* An enclave of `size` bytes and `ssa_pages` a frame. 0 or -ENOMEM. */
must_use int sgx_measure(const struct sgx_image *image, uint64_t size, uint32_t ssa_pages,
                         const struct sgx_listener *listener,
                         uint8_t mrenclave[static SHA256_SIZE]);

#endif
