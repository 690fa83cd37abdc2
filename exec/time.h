/* SPDX-License-Identifier: Apache-2.0 */
/* Time as the workload sees it. The host's clock is only one who says: time is never
 * before this release, nor before what an owner said, and never goes back. Ahead of the
 * truth it can still be, as far as the host likes; and monotonic time is the host's word. */
#ifndef EXEC_TIME_H
#define EXEC_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* No release was made before: nanoseconds since 1970, raised with each release. A date of
 * the build's own would change what a keep measures. */
#define TIME_RELEASE 1793491200000000000u /* 2026-11-01 */

/* It is `ns` since 1970 now, or later: from an owner who has been told apart from others,
 * since there is no way back. Earlier than known already is no news. */
void time_not_before(uint64_t ns);

/* Nanoseconds since 1970 or, `monotonic`, since some start. For struct wasi_host, of which
 * it needs no context. */
uint64_t time_now(void *context, bool monotonic);

#endif
