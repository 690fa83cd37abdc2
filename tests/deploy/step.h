/* SPDX-License-Identifier: Apache-2.0 */
/* A step of a script: NAME[,KEY=VALUE]... or NAME[,KEY]... */
#ifndef TESTS_DEPLOY_STEP_H
#define TESTS_DEPLOY_STEP_H

#include <stdbool.h>
#include <stdint.h>

struct step {
    char *name;
    char *options[16]; /* "KEY=VALUE" or "KEY" */
    unsigned count;
};

/* Ends the program when there are too many options. */
struct step step_parse(const char *text);
void step_fini(struct step *s);

/* What is behind KEY=; "" for a bare KEY; null when it is not there. */
const char *step_option(const struct step *s, const char *key);

/* Ends the program when it is no number. */
uint64_t step_number(const struct step *s, const char *key, uint64_t otherwise);

#endif
