/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's image: the pages that an enclave starts with, for measuring and for
 * loading alike. Trusts nothing in the ELF file. */
#ifndef HOST_SGX_IMAGE_H
#define HOST_SGX_IMAGE_H

#include "base/attr.h"
#include "base/cur.h"
#include "include/sgx_keep.h"

#define SGX_IMAGE_RUNS 16u

/* Neighbouring pages of one kind. */
struct sgx_run {
    uint64_t offset; /* in the enclave, bytes */
    uint64_t size;   /* whole pages */
    const uint8_t *data;
    uint64_t flags; /* as in SECINFO: permissions and page type */
};

struct sgx_image {
    struct sgx_run runs[SGX_IMAGE_RUNS]; /* in order, none overlaps another */
    size_t count;
    uint64_t entry; /* offset of the first TCS */
    uint64_t size;  /* all pages together, bytes */
    uint8_t *pages; /* owned, page-aligned */
};

/* Reads a file as include/sgx_keep.h describes it, what its segments do not fill
 * as zeros. 0, -ENOEXEC when it is not of that kind, or -ENOMEM. */
must_use int sgx_image_parse(struct bytes file, struct sgx_image *image);
void sgx_image_fini(struct sgx_image *image);

/* The shim that this command carries inside itself, page-aligned. */
struct bytes sgx_shim_file(void);

#endif
