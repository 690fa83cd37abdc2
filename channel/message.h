/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the deployment channel (include/channel.h) to bytes and back. Pure; trusts
 * nothing that it reads. */
#ifndef CHANNEL_MESSAGE_H
#define CHANNEL_MESSAGE_H

#include "base/attr.h"
#include "base/cur.h"
#include "base/put.h"
#include "include/channel.h"

struct channel_header {
    enum channel_type type;
    uint64_t size;
};

void channel_header_put(struct put *p, const struct channel_header *header);

/* From exactly CHANNEL_HEADER_SIZE bytes, sent by `from`. 0, or -EBADMSG: of no known
 * type, not that side's to send, or of a size that its row does not allow. */
must_use int channel_header_parse(struct bytes from_bytes, enum channel_side from,
                                  struct channel_header *header);

struct channel_challenge {
    enum channel_what what;
    uint64_t time; /* the owner's clock */
    uint8_t nonce[CHANNEL_NONCE_SIZE];
};

/* CHANNEL_CHALLENGE_SIZE bytes. -EPROTONOSUPPORT for another version, -EBADMSG. */
void channel_challenge_put(struct put *p, const struct channel_challenge *challenge);
must_use int channel_challenge_parse(struct bytes from, struct channel_challenge *challenge);

/* Slices are borrowed. `secrets` is of READY alone: 32 bytes, else empty. */
struct channel_evidence {
    struct bytes secrets;
    struct bytes claims;
    struct bytes evidence;
};

void channel_evidence_put(struct put *p, const struct channel_evidence *e);
must_use int channel_evidence_parse(struct bytes from, enum channel_type type,
                                    struct channel_evidence *e);

struct channel_workload_head {
    uint32_t manifest_size;
    uint32_t secrets_size;
    uint32_t owner_key_size;
    uint32_t flags;
};

void channel_workload_head_put(struct put *p, const struct channel_workload_head *head);
must_use int channel_workload_head_parse(struct bytes from, struct channel_workload_head *head);

/* CREDIT and EXIT; SIGNAL, LOG and LOST begin with one number. */
struct channel_pair {
    uint32_t first;
    uint32_t second;
};

void channel_pair_put(struct put *p, struct channel_pair pair);
must_use int channel_pair_parse(struct bytes from, struct channel_pair *pair);

/* "WORKLOAD", for messages to people; "?" for an unknown number. */
const char *channel_type_text(uint32_t type);

#endif
