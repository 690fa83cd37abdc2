/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's operations on the model; see host/sgx/device.h. The errors are those
 * of the kernel's driver [Linux arch/x86/kernel/cpu/sgx/ioctl.c]. */
#define _GNU_SOURCE
#include "sim/sgx/entry.h"
#include "sim/sgx/keys.h"
#include "sim/sgx/quoting.h"
#include "sim/sgx/sigstruct.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct machine machine;

/* ATTRIBUTES that the driver gives to everybody. */
#define UNPRIVILEGED (SGX_ATTR_DEBUG | SGX_ATTR_MODE64BIT | SGX_ATTR_KSS)

static int open_model(void)
{
    if (machine.owner == getpid())
        return 0;
    if (getrandom(machine.report_key_id, sizeof(machine.report_key_id), 0) !=
        (ssize_t)sizeof(machine.report_key_id))
        return -EIO;
    int error = xstate_init();
    if (error == 0)
        error = model_keys_open();
    if (error == 0)
        error = signals_open();
    if (error == 0)
        machine.owner = getpid();
    return error;
}

static int create(struct sgx_secs *secs)
{
    if (machine.created)
        return -EINVAL;
    if (secs->size < 2 * SGX_PAGE || secs->size > MODEL_SIZE_MAX ||
        (secs->size & (secs->size - 1)) != 0)
        return -EINVAL;
    if (!secs_is_valid(secs))
        return -EIO; /* ECREATE would fault */
    machine.secs = *secs;
    int error = memory_reserve();
    if (error < 0)
        return error;
    measure_create(&machine.measure, &machine.secs);
    machine.secs.isv_prod_id = 0;
    machine.secs.isv_svn = 0;
    machine.created = true;
    return 0;
}

/* ---- EADD, EEXTEND ---- */

static int add_thread(uint64_t address, const uint8_t *content)
{
    struct sgx_tcs tcs;
    memcpy(&tcs, content, sizeof(tcs));
    if (machine.thread_count == THREADS_MAX)
        return -ENOSPC;
    if (!tcs_is_valid(&tcs))
        return -EIO;
    tcs.stage = 0;
    tcs.flags &= ~1ull; /* DBGOPTIN */
    tcs.cssa = 0;
    tcs.aep = 0;
    struct thread *t = &machine.threads[machine.thread_count];
    *t = (struct thread){.address = address, .tcs = tcs};
    int error = xstate_add_thread(t);
    machine.thread_count += error == 0 ? 1 : 0;
    return error;
}

/* The processor measures the page as EADD left it. */
static void extend(uint64_t offset, const uint8_t *content)
{
    for (uint32_t part = 0; part < SGX_PAGE; part += MEASURE_PART)
        measure_extend(&machine.measure, offset + part, content + part);
    machine.count.eextend_bytes += SGX_PAGE;
}

static int add_page(uint64_t offset, const uint8_t *content, uint64_t flags)
{
    struct sgx_secinfo secinfo = {.flags = flags};
    struct epcm_entry *entry = &machine.epcm[offset / SGX_PAGE];
    struct epcm_entry added = *entry;
    if (epcm_add(&added, &secinfo) != SGX_SUCCESS)
        return -EIO;
    if (epcm_type(added) == SGX_PT_TCS) {
        secinfo.flags &= ~(uint64_t)SGX_PERMISSION;
        int error = add_thread(machine.secs.base + offset, content);
        if (error < 0)
            return error;
        *entry = added;
        measure_add(&machine.measure, offset, &secinfo);
        const struct sgx_tcs *tcs = &machine.threads[machine.thread_count - 1].tcs;
        extend(offset, (const uint8_t *)tcs);
    } else {
        *entry = added;
        memory_replace(machine.secs.base + offset, content);
        measure_add(&machine.measure, offset, &secinfo);
        extend(offset, content);
    }
    machine.count.eadd++;
    if (machine.measured_end <= offset / SGX_PAGE)
        machine.measured_end = offset / SGX_PAGE + 1;
    return 0;
}

static bool is_range(uint64_t offset, uint64_t size)
{
    return machine.created && size > 0 && offset % SGX_PAGE == 0 && size % SGX_PAGE == 0 &&
           offset < machine.secs.size && size <= machine.secs.size - offset;
}

static int add(uint64_t offset, const void *from, uint64_t size, uint64_t flags)
{
    if (machine.initialised || !is_range(offset, size))
        return -EINVAL;
    const uint8_t *content = from;
    for (uint64_t done = 0; done < size; done += SGX_PAGE) {
        int error = add_page(offset + done, content + done, flags);
        if (error < 0)
            return error;
    }
    return 0;
}

/* ---- EINIT ---- */

static int init(const struct sgx_sigstruct *sigstruct)
{
    if (!machine.created || machine.initialised || machine.owner != getpid())
        return -EINVAL;
    if ((machine.secs.attributes.flags & ~(uint64_t)UNPRIVILEGED) != 0)
        return -EACCES;
    struct sgx_sigstruct sig = *sigstruct;
    uint8_t mrenclave[32];
    uint8_t mrsigner[32];
    measure_final(&machine.measure, mrenclave);
    int error = sigstruct_check(&sig, &machine.secs, mrenclave, mrsigner);
    if (error != SGX_SUCCESS)
        return -EPERM;
    memcpy(machine.secs.mrenclave, mrenclave, sizeof(mrenclave));
    memcpy(machine.secs.mrsigner, mrsigner, sizeof(mrsigner));
    machine.secs.isv_prod_id = sig.isv_prod_id;
    machine.secs.isv_svn = sig.isv_svn;
    machine.secs.attributes.flags |= SGX_ATTR_INIT;
    machine.initialised = true;
    return 0;
}

/* ---- pages of a running enclave ---- */

static int restrict_permissions(uint64_t offset, uint64_t size, uint64_t permissions)
{
    if (!machine.initialised || !is_range(offset, size))
        return -EINVAL;
    int error = 0;
    for (uint64_t done = 0; error == 0 && done < size; done += SGX_PAGE)
        error = kernel_restrict((offset + done) / SGX_PAGE, permissions);
    return error;
}

static int trim(uint64_t offset, uint64_t size)
{
    if (!machine.initialised || !is_range(offset, size))
        return -EINVAL;
    int error = 0;
    for (uint64_t done = 0; error == 0 && done < size; done += SGX_PAGE)
        error = kernel_trim((offset + done) / SGX_PAGE);
    return error;
}

static int remove_pages(uint64_t offset, uint64_t size)
{
    if (!machine.initialised || !is_range(offset, size))
        return -EINVAL;
    int error = 0;
    for (uint64_t done = 0; error == 0 && done < size; done += SGX_PAGE)
        error = kernel_remove((offset + done) / SGX_PAGE);
    return error;
}

static vdso_sgx_enter_enclave_t entry(void) { return model_enter; }

static void count(uint64_t *values) { memcpy(values, &machine.count, sizeof(machine.count)); }

const struct sgx_device sgx_model = {
    .name = "software model",
    .open = open_model,
    .create = create,
    .add = add,
    .init = init,
    .restrict_permissions = restrict_permissions,
    .trim = trim,
    .remove = remove_pages,
    .entry = entry,
    .counters = count,
    .quote_target = quoting_target,
    .quote_sign = quoting_sign,
};

/* ---- what it tells, and what tests ask of it ---- */

bool model_cpuid_faults(void) { return machine.cpuid_faults || machine.stepping; }
const struct model_counters *model_counters(void) { return &machine.count; }
void model_set_single_step_attack(unsigned every) { machine.step_interrupt = every; }
bool model_has_lied(void) { return machine.lie.told; }

void model_set_own_aep(bool on) { machine.own_aep = on; }

void model_set_entry_stack(uint64_t rsp) { machine.entry_stack = rsp; }

static void set_stepping(bool on, bool measured)
{
    machine.stepping = on;
    machine.step_measured = measured;
    machine.veiled = false;
}

void model_set_stepping(bool on) { set_stepping(on, true); }
void model_set_stepping_unmeasured(bool on) { set_stepping(on, false); }

void model_set_strict(bool on)
{
    machine.strict = on;
    if (machine.created && machine.current == NULL)
        memory_hide();
}

void model_set_hostile(enum model_lie lie, unsigned nth)
{
    machine.lie = (struct lie){.kind = lie, .left = nth};
}
