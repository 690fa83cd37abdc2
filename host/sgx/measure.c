/* SPDX-License-Identifier: Apache-2.0 */
/* Measuring; see measure.h. Each record is 64 bytes, an EEXTEND's data apart. */
#include "host/sgx/measure.h"

#include "base/put.h"

#define RECORD_SIZE 64u

struct measuring {
    struct sha256_stream hash;
    const struct sgx_listener *listener;
};

static void put_name(struct put *p, const char name[static 8])
{
    put_bytes(p, (struct bytes){.data = (const uint8_t *)name, .size = 8});
}

static void put_record(struct put *p, const struct sgx_record *r)
{
    switch (r->kind) {
    case SGX_RECORD_ECREATE:
        put_name(p, "ECREATE\0");
        put_le32(p, r->ssa_pages);
        put_le64(p, r->size);
        break;
    case SGX_RECORD_EADD: /* the first 48 bytes of SECINFO, of which flags alone are not 0 */
        put_name(p, "EADD\0\0\0\0");
        put_le64(p, r->offset);
        put_le64(p, r->flags);
        break;
    case SGX_RECORD_EEXTEND:
        put_name(p, "EEXTEND\0");
        put_le64(p, r->offset);
        break;
    }
}

static void add_record(struct measuring *m, const struct sgx_record *r)
{
    uint8_t record[RECORD_SIZE] = {0};
    struct put p = put_init(record, sizeof(record));
    put_record(&p, r);
    sha256_add(&m->hash, (struct bytes){.data = record, .size = sizeof(record)});
    sha256_add(&m->hash, r->data);
    if (m->listener != NULL)
        m->listener->hear(m->listener->context, r);
}

static void add_page(struct measuring *m, const struct sgx_run *run, uint64_t at)
{
    add_record(m, &(struct sgx_record){
                      .kind = SGX_RECORD_EADD, .offset = run->offset + at, .flags = run->flags});
    for (uint64_t part = at; part < at + SGX_PAGE; part += SGX_EXTEND_SIZE)
        add_record(m, &(struct sgx_record){
                          .kind = SGX_RECORD_EEXTEND,
                          .offset = run->offset + part,
                          .data = {.data = run->data + part, .size = SGX_EXTEND_SIZE},
                      });
}

int sgx_measure(const struct sgx_image *image, uint64_t size, uint32_t ssa_pages,
                const struct sgx_listener *listener, uint8_t mrenclave[static SHA256_SIZE])
{
    struct measuring m = {.listener = listener};
    sha256_begin(&m.hash);
    add_record(
        &m, &(struct sgx_record){.kind = SGX_RECORD_ECREATE, .ssa_pages = ssa_pages, .size = size});
    for (size_t i = 0; i < image->count; i++) {
        for (uint64_t at = 0; at < image->runs[i].size; at += SGX_PAGE)
            add_page(&m, &image->runs[i], at);
    }
    return sha256_end(&m.hash, mrenclave);
}
