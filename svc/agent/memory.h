/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory a process holds, as the kernel tells it. */
#ifndef SVC_AGENT_MEMORY_H
#define SVC_AGENT_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* Bytes beside those of files, whoever may share them; 0 where nobody knows. */
uint64_t memory_of_process(pid_t pid);

/* Bytes of this process with those of files. */
uint64_t memory_of_agent(void);

#endif
