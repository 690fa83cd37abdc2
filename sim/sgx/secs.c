/* SPDX-License-Identifier: Apache-2.0 */
/* ECREATE's and EADD's checks; see secs.h. */
#include "sim/sgx/secs.h"

#include <stddef.h>

static bool is_zero(const void *from, size_t size)
{
    const uint8_t *bytes = from;
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= bytes[i];
    return all == 0;
}

static bool has_valid_place(const struct sgx_secs *s)
{
    if (s->size < 2 * SGX_PAGE || (s->size & (s->size - 1)) != 0 || s->size > MODEL_SIZE_MAX)
        return false;
    return (s->base & (s->size - 1)) == 0 && s->base < 1ull << 47;
}

static bool has_valid_frame(const struct sgx_secs *s)
{
    if ((s->miscselect & ~MODEL_MISC) != 0)
        return false;
    uint64_t size = sizeof(struct sgx_gpr);
    size += (s->attributes.xfrm & SGX_XFRM_AVX) != 0 ? XSAVE_SIZE : XSAVE_AVX;
    if ((s->miscselect & SGX_MISC_EXINFO) != 0)
        size += sizeof(struct sgx_exinfo);
    return (uint64_t)s->ssa_frame_size * SGX_PAGE >= size;
}

static bool has_valid_attributes(const struct sgx_secs *s)
{
    const uint64_t known =
        SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT | SGX_ATTR_PROVISIONKEY | SGX_ATTR_EINITTOKENKEY;
    const uint64_t least = SGX_XFRM_X87 | SGX_XFRM_SSE;
    return (s->attributes.flags & ~known) == 0 && (s->attributes.flags & SGX_ATTR_MODE64BIT) != 0 &&
           (s->attributes.xfrm & least) == least && (s->attributes.xfrm & ~MODEL_XFRM) == 0;
}

bool secs_is_valid(const struct sgx_secs *s)
{
    return has_valid_place(s) && has_valid_attributes(s) && has_valid_frame(s) &&
           is_zero(s->reserved1, sizeof(s->reserved1)) &&
           is_zero(s->reserved2, sizeof(s->reserved2)) &&
           is_zero(s->reserved3, sizeof(s->reserved3)) &&
           is_zero(s->reserved4, sizeof(s->reserved4)) &&
           is_zero(s->config_id, sizeof(s->config_id)) && s->config_svn == 0;
}

/* FLAGS is EENTER's to check. */
bool tcs_is_valid(const struct sgx_tcs *t) { return is_zero(t->reserved, sizeof(t->reserved)); }
