/* SPDX-License-Identifier: Apache-2.0 */
/* A keep for its evidence alone; see inspect.h. What it writes goes to memory, as much as
 * it may have. */
#define _GNU_SOURCE
#include "host/cli/inspect.h"

#include "conf/evidence_claims.h"
#include "host/cli/enclave.h"
#include "host/cli/message.h"
#include "host/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void inspected_fini(struct inspected *inspected)
{
    free((void *)inspected->claims_buffer.data);
    free((void *)inspected->evidence.data);
    *inspected = (struct inspected){0};
}

/* All of what the keep has written. */
static int read_back(int fd, struct bytes *out)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0)
        return size < 0 ? -errno : -ENODATA;
    uint8_t *data = malloc((size_t)size);
    if (data == NULL)
        return -ENOMEM;
    *out = (struct bytes){.data = data, .size = (size_t)size};
    return pread(fd, data, out->size, 0) == size ? 0 : -EIO;
}

static int run(const struct backend *backend, const char *signatures,
               const struct keep_evidence *evidence)
{
    const enum port_level level = message_level(getenv("ENARX_LOG"), false);
    struct outcome outcome;
    struct sgx_sigstruct sigstruct;
    int status = enclave_sign(signatures, false, level, &sigstruct);
    if (status != 0)
        return status;
    struct keep keep = {
        .boot = {.magic = BOOT_MAGIC, .version = PORT_VERSION, .mode = BOOT_EVIDENCE, .cpus = 1},
        .evidence = evidence,
        .code_fd = -1,
        .signature = {.data = (const uint8_t *)&sigstruct, .size = sizeof(sigstruct)},
        .log_level = level,
    };
    int error = keep_run(backend, &keep, &outcome);
    if (error < 0)
        return fail("cannot run the keep: %s", strerror(-error));
    if (outcome.ending == ENDED_SIGNAL) {
        fail("the keep was ended by signal %d (%s)", outcome.code, strsignal(outcome.code));
        return STATUS_SIGNAL + outcome.code;
    }
    return outcome.ending == ENDED_EXIT ? 0 : STATUS_FAILED; /* the keep has said why */
}

static int run_and_read(const struct backend *backend, const char *signatures,
                        const struct keep_evidence *evidence, struct inspected *inspected)
{
    int status = run(backend, signatures, evidence);
    if (status != 0)
        return status;
    int error = read_back(evidence->claims_fd, &inspected->claims_buffer);
    if (error == 0)
        error = read_back(evidence->evidence_fd, &inspected->evidence);
    if (error == -ENODATA)
        return fail("the keep ended without evidence");
    return error < 0 ? fail("cannot read the evidence: %s", strerror(-error)) : 0;
}

int inspect_keep(const struct backend *backend, const char *signatures, struct bytes nonce,
                 struct inspected *inspected)
{
    const struct keep_evidence evidence = {
        .nonce = nonce,
        .claims_fd = memfd_create("claims", MFD_CLOEXEC),
        .evidence_fd = memfd_create("evidence", MFD_CLOEXEC),
        .claims_size_max = EVIDENCE_CLAIMS_MAX,
        .evidence_size_max = PORT_EVIDENCE_MAX,
    };
    const bool opened = evidence.claims_fd >= 0 && evidence.evidence_fd >= 0;
    *inspected = (struct inspected){0};
    int status = opened ? run_and_read(backend, signatures, &evidence, inspected)
                        : fail("cannot make a file in memory: %s", strerror(errno));
    if (evidence.claims_fd >= 0)
        close(evidence.claims_fd);
    if (evidence.evidence_fd >= 0)
        close(evidence.evidence_fd);
    return status;
}
