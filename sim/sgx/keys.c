/* SPDX-License-Identifier: Apache-2.0 */
/* The model's key hierarchy; see keys.h. */
#define _GNU_SOURCE
#include "sim/sgx/keys.h"

#include "base/wipe.h"
#include "crypto/cmac.h"
#include "host/newfile.h"
#include "host/user_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define ROOT_FILE "processor.key"

const uint8_t model_cpu_svn[16] = {11, 11, 2, 2, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/* What stands for the fuses of this machine. */
static struct {
    uint8_t root[MODEL_KEY_SIZE];
} fuses;

static const struct user_dir state_dir = {"XDG_STATE_HOME", ".local/state", "enarx/sim"};

/* ---- this machine's secret ---- */

static int make_root(int dir)
{
    uint8_t root[MODEL_KEY_SIZE];
    if (getrandom(root, sizeof(root), 0) != (ssize_t)sizeof(root))
        return -EIO;
    int error = newfile_put(dir, ROOT_FILE, (struct bytes){root, sizeof(root)}, false);
    wipe(root, sizeof(root));
    return error == -EEXIST ? 0 : error; /* somebody was faster: theirs, then */
}

static int read_root(int dir)
{
    struct stat found;
    const ssize_t size = user_dir_read(dir, ROOT_FILE, fuses.root, MODEL_KEY_SIZE, &found);
    if (size == -ENOENT)
        return -ENOENT;
    return size == (ssize_t)MODEL_KEY_SIZE && found.st_size == size ? 0 : -EPERM;
}

/* A machine that is gone when the process is: what it sealed nobody opens again. */
static int invent_root(void)
{
    return getrandom(fuses.root, MODEL_KEY_SIZE, 0) == (ssize_t)MODEL_KEY_SIZE ? 0 : -EIO;
}

int model_keys_open(void)
{
    struct fault fault;
    int dir = user_dir_open(&state_dir, true, &fault);
    if (dir < 0)
        return invent_root();
    int error = read_root(dir);
    if (error == -ENOENT) {
        error = make_root(dir);
        error = error == 0 ? read_root(dir) : invent_root();
    }
    close(dir);
    return error;
}

void model_keys_set(const uint8_t root[static MODEL_KEY_SIZE])
{
    memcpy(fuses.root, root, MODEL_KEY_SIZE);
}

/* ---- derivation ---- */

/* TMP_KEYDEPENDENCIES [SDM 38.4 EGETKEY], without PADDING, which is a constant: the
 * signature that has another does not pass EINIT. OWNEREPOCH and the fuses are the
 * root. */
struct dependencies {
    uint16_t name;
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    struct sgx_attributes attributes;
    struct sgx_attributes attribute_mask;
    uint8_t mrenclave[32];
    uint8_t mrsigner[32];
    uint8_t key_id[32];
    uint8_t cpu_svn[16];
    uint32_t miscselect;
    uint32_t miscmask;
    uint64_t policy;
    uint8_t config_id[64];
};
_Static_assert(sizeof(struct dependencies) == 232, "no padding");

static void derive(const struct dependencies *d, uint8_t key[static MODEL_KEY_SIZE])
{
    aes_cmac(fuses.root, (struct bytes){.data = (const uint8_t *)d, .size = sizeof(*d)}, key);
}

/* The bits of ATTRIBUTES that enter a key whatever the mask. */
static const uint64_t always = SGX_ATTR_INIT | SGX_ATTR_DEBUG;

static void depend_on_request(const struct sgx_secs *secs, const struct sgx_keyrequest *r,
                              struct dependencies *d)
{
    d->isv_prod_id = secs->isv_prod_id;
    d->isv_svn = r->isv_svn;
    d->attributes.flags = (r->attribute_mask.flags | always) & secs->attributes.flags;
    d->attributes.xfrm = r->attribute_mask.xfrm & secs->attributes.xfrm;
    d->miscselect = r->miscmask & secs->miscselect;
    memcpy(d->cpu_svn, r->cpu_svn, sizeof(d->cpu_svn));
}

static void depend_on_masks(const struct sgx_keyrequest *r, struct dependencies *d)
{
    d->attribute_mask = r->attribute_mask;
    d->miscmask = ~r->miscmask;
}

static void seal(const struct sgx_secs *secs, const struct sgx_keyrequest *r,
                 struct dependencies *d)
{
    depend_on_request(secs, r, d);
    depend_on_masks(r, d);
    if ((r->policy & SGX_KEYPOLICY_MRENCLAVE) != 0)
        memcpy(d->mrenclave, secs->mrenclave, sizeof(d->mrenclave));
    if ((r->policy & SGX_KEYPOLICY_MRSIGNER) != 0)
        memcpy(d->mrsigner, secs->mrsigner, sizeof(d->mrsigner));
    memcpy(d->key_id, r->key_id, sizeof(d->key_id));
    d->policy = r->policy;
}

static void report(const struct sgx_secs *secs, const struct sgx_keyrequest *r,
                   struct dependencies *d)
{
    d->attributes = secs->attributes;
    d->miscselect = secs->miscselect;
    d->config_svn = secs->config_svn;
    memcpy(d->mrenclave, secs->mrenclave, sizeof(d->mrenclave));
    memcpy(d->key_id, r->key_id, sizeof(d->key_id));
    memcpy(d->cpu_svn, model_cpu_svn, sizeof(d->cpu_svn));
    memcpy(d->config_id, secs->config_id, sizeof(d->config_id));
}

static void einit_token(const struct sgx_secs *secs, const struct sgx_keyrequest *r,
                        struct dependencies *d)
{
    depend_on_request(secs, r, d);
    memcpy(d->mrsigner, secs->mrsigner, sizeof(d->mrsigner));
    memcpy(d->key_id, r->key_id, sizeof(d->key_id));
}

static void provision(const struct sgx_secs *secs, const struct sgx_keyrequest *r,
                      struct dependencies *d)
{
    depend_on_request(secs, r, d);
    depend_on_masks(r, d);
    memcpy(d->mrsigner, secs->mrsigner, sizeof(d->mrsigner));
}

static void provision_seal(const struct sgx_secs *secs, const struct sgx_keyrequest *r,
                           struct dependencies *d)
{
    provision(secs, r, d);
    d->policy = r->policy;
}

/* One row a key: the attribute it takes, and whether it is of a security version. */
static const struct {
    uint64_t attribute;
    bool versioned;
    void (*depend)(const struct sgx_secs *, const struct sgx_keyrequest *, struct dependencies *);
} keys[] = {
    [SGX_KEY_EINITTOKEN] = {SGX_ATTR_EINITTOKENKEY, true, einit_token},
    [SGX_KEY_PROVISION] = {SGX_ATTR_PROVISIONKEY, true, provision},
    [SGX_KEY_PROVISION_SEAL] = {SGX_ATTR_PROVISIONKEY, true, provision_seal},
    [SGX_KEY_REPORT] = {0, false, report},
    [SGX_KEY_SEAL] = {0, true, seal},
};

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= bytes[i];
    return all == 0;
}

/* Without KSS neither CONFIGSVN nor the newer policies. */
static bool is_well_formed(const struct sgx_keyrequest *r)
{
    const uint16_t policies = SGX_KEYPOLICY_MRENCLAVE | SGX_KEYPOLICY_MRSIGNER;
    return (r->policy & ~policies) == 0 && r->config_svn == 0 && r->cet_attributes_mask == 0 &&
           r->reserved1 == 0 && is_zero(r->reserved2, sizeof(r->reserved2));
}

static bool is_beyond(const uint8_t svn[static 16])
{
    for (size_t i = 0; i < sizeof(model_cpu_svn); i++)
        if (svn[i] > model_cpu_svn[i])
            return true;
    return false;
}

int model_get_key(const struct sgx_secs *secs, const struct sgx_keyrequest *request,
                  uint8_t key[static MODEL_KEY_SIZE])
{
    if (!is_well_formed(request))
        return -EINVAL;
    if (request->name >= ARRAY_COUNT(keys))
        return SGX_INVALID_KEYNAME;
    if ((secs->attributes.flags & keys[request->name].attribute) != keys[request->name].attribute)
        return SGX_INVALID_ATTRIBUTE;
    if (keys[request->name].versioned && is_beyond(request->cpu_svn))
        return SGX_INVALID_CPUSVN;
    if (keys[request->name].versioned && request->isv_svn > secs->isv_svn)
        return SGX_INVALID_ISVSVN;
    struct dependencies d = {.name = request->name};
    keys[request->name].depend(secs, request, &d);
    derive(&d, key);
    return SGX_SUCCESS;
}

void model_report_key(const struct sgx_targetinfo *target, const uint8_t key_id[static 32],
                      uint8_t key[static MODEL_KEY_SIZE])
{
    struct sgx_secs secs = {
        .attributes = target->attributes,
        .miscselect = target->miscselect,
        .config_svn = target->config_svn,
    };
    struct sgx_keyrequest request = {.name = SGX_KEY_REPORT};
    struct dependencies d = {.name = SGX_KEY_REPORT};
    memcpy(secs.mrenclave, target->mrenclave, sizeof(secs.mrenclave));
    memcpy(secs.config_id, target->config_id, sizeof(secs.config_id));
    memcpy(request.key_id, key_id, sizeof(request.key_id));
    report(&secs, &request, &d);
    derive(&d, key);
}

void model_report_mac(const uint8_t key[static MODEL_KEY_SIZE], const struct sgx_report_body *body,
                      uint8_t mac[static 16])
{
    aes_cmac(key, (struct bytes){.data = (const uint8_t *)body, .size = sizeof(*body)}, mac);
}
