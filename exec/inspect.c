/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence for the operator; see inspect.h. Nothing here touches a workload. */
#include "exec/inspect.h"

#include "exec/evidence.h"
#include "exec/port.h"
#include "exec/report.h"

#include <errno.h>
#include <string.h>

static int hand_over(const struct evidence *e)
{
    int error =
        port_store(PORT_STORE_CLAIMS, (struct bytes){.data = e->claims, .size = e->claims_size});
    if (error == 0)
        error = port_store(PORT_STORE_EVIDENCE,
                           (struct bytes){.data = e->quote, .size = e->quote_size});
    return error;
}

static int make(struct bytes nonce)
{
    const struct evidence_claims claims = {.purpose = PURPOSE_INSPECT, .nonce = nonce};
    struct keep_identity identity;
    struct evidence evidence;
    int error = identity_init(&identity);
    if (error < 0)
        return error;
    error = evidence_make(&identity, claims, &evidence);
    identity_fini(&identity);
    if (error == 0)
        error = hand_over(&evidence);
    evidence_fini(&evidence);
    return error;
}

no_return void inspect(void)
{
    struct bytes nonce;
    int error = port_fetch(PORT_BLOB_CHALLENGE, PORT_NONCE_MAX, &nonce);
    if (error == 0)
        error = make(nonce);
    if (error == -ENOSYS)
        report_failure("this kind of keep cannot prove what it is");
    if (error < 0)
        report_failure("cannot make evidence: %s", strerror(-error));
    report_end(PORT_END_DONE, 0);
}
