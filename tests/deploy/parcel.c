/* SPDX-License-Identifier: Apache-2.0 */
/* Makes WORKLOADs; see parcel.h. */
#define _GNU_SOURCE
#include "tests/deploy/parcel.h"

#include "conf/manifest.h"
#include "crypto/digest.h"
#include "include/channel.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#define PARCEL_MAX (80u << 20)
#define ARGS_MAX   16u

/* In the order in which the parts follow the head, which has the sizes of the first
 * three and the flags. */
enum { PART_KEY, PART_MANIFEST, PART_SECRETS, PART_MODULE, PART_FILE, PART_BEHIND, PART_COUNT };

struct plan {
    struct manifest manifest;
    struct manifest_file files[2];
    struct bytes parts[PART_COUNT];
    uint32_t sizes[3]; /* of the head: by part */
    uint32_t flags;
    int64_t more; /* declared beyond what is there */
};

/* ---- lies ---- */

static const uint8_t garbage[64] = {0xff, 0x13, 0x37};
static const struct bytes garbage_part = {.data = garbage, .size = sizeof(garbage)};

/* A manifest of what is not there. */
static void other_module(struct plan *p) { p->manifest.module_digest[31] ^= 1; }
static void larger_module(struct plan *p) { p->manifest.module_size++; }
static void smaller_module(struct plan *p) { p->manifest.module_size--; }
static void huge_module(struct plan *p) { p->manifest.module_size = UINT64_MAX; }
static void other_file(struct plan *p) { p->files[0].digest[0] ^= 0x80; }
static void larger_file(struct plan *p) { p->files[0].size++; }
static void huge_file(struct plan *p)
{
    p->files[0].size = 1ull << 62;
    p->manifest.files_size = UINT64_MAX;
}
static void climbing_file(struct plan *p) { p->files[0].path = bytes_of_text("/../file"); }

/* Parts that are no such thing. */
static void no_manifest(struct plan *p) { p->parts[PART_MANIFEST].size = 0; }
static void bad_manifest(struct plan *p) { p->parts[PART_MANIFEST] = garbage_part; }
static void cut_manifest(struct plan *p) { p->parts[PART_MANIFEST].size--; }
static void bad_key(struct plan *p) { p->parts[PART_KEY] = garbage_part; }
static void bad_secrets(struct plan *p) { p->parts[PART_SECRETS] = garbage_part; }
static void unasked_secrets(struct plan *p)
{
    static const uint8_t one[] = {0x81, 0x41, 'x'};
    p->parts[PART_SECRETS] = (struct bytes){.data = one, .size = sizeof(one)};
}
static void bad_module(struct plan *p) { p->parts[PART_MODULE] = garbage_part; }
static void cut_module(struct plan *p) { p->parts[PART_MODULE].size--; }
static void cut_file(struct plan *p) { p->parts[PART_FILE].size--; }
static void more_behind(struct plan *p) { p->parts[PART_BEHIND] = garbage_part; }

/* A head or header that says what is not so. */
static void longer_manifest(struct plan *p) { p->sizes[PART_MANIFEST]++; }
static void shorter_manifest(struct plan *p) { p->sizes[PART_MANIFEST]--; }
static void huge_manifest(struct plan *p) { p->sizes[PART_MANIFEST] = UINT32_MAX; }
static void longer_key(struct plan *p) { p->sizes[PART_KEY]++; }
static void huge_key(struct plan *p) { p->sizes[PART_KEY] = UINT32_MAX; }
static void longer_secrets(struct plan *p) { p->sizes[PART_SECRETS]++; }
static void huge_secrets(struct plan *p) { p->sizes[PART_SECRETS] = UINT32_MAX; }
static void unknown_flag(struct plan *p) { p->flags |= CHANNEL_FLAGS + 1; }
static void declared_more(struct plan *p) { p->more = 1; }
static void declared_less(struct plan *p) { p->more = -1; }
static void declared_most(struct plan *p) { p->more = (int64_t)CHANNEL_WORKLOAD_MAX / 2; }

enum stage { OF_MANIFEST, OF_PARTS, OF_HEAD };

static const struct lie {
    const char *name;
    enum stage stage;
    void (*tell)(struct plan *p);
} lies[] = {
    {"other-module", OF_MANIFEST, other_module},
    {"larger-module", OF_MANIFEST, larger_module},
    {"smaller-module", OF_MANIFEST, smaller_module},
    {"huge-module", OF_MANIFEST, huge_module},
    {"other-file", OF_MANIFEST, other_file},
    {"larger-file", OF_MANIFEST, larger_file},
    {"huge-file", OF_MANIFEST, huge_file},
    {"climbing-file", OF_MANIFEST, climbing_file},
    {"no-manifest", OF_PARTS, no_manifest},
    {"bad-manifest", OF_PARTS, bad_manifest},
    {"cut-manifest", OF_PARTS, cut_manifest},
    {"bad-key", OF_PARTS, bad_key},
    {"bad-secrets", OF_PARTS, bad_secrets},
    {"unasked-secrets", OF_PARTS, unasked_secrets},
    {"bad-module", OF_PARTS, bad_module},
    {"cut-module", OF_PARTS, cut_module},
    {"cut-file", OF_PARTS, cut_file},
    {"more-behind", OF_PARTS, more_behind},
    {"longer-manifest", OF_HEAD, longer_manifest},
    {"shorter-manifest", OF_HEAD, shorter_manifest},
    {"huge-manifest", OF_HEAD, huge_manifest},
    {"longer-key", OF_HEAD, longer_key},
    {"huge-key", OF_HEAD, huge_key},
    {"longer-secrets", OF_HEAD, longer_secrets},
    {"huge-secrets", OF_HEAD, huge_secrets},
    {"unknown-flag", OF_HEAD, unknown_flag},
    {"declared-more", OF_HEAD, declared_more},
    {"declared-less", OF_HEAD, declared_less},
    {"declared-most", OF_HEAD, declared_most},
};

static const struct lie *find_lie(const struct step *s)
{
    const char *name = step_option(s, "lie");
    for (size_t i = 0; name != NULL && i < ARRAY_COUNT(lies); i++)
        if (strcmp(lies[i].name, name) == 0)
            return &lies[i];
    if (name != NULL)
        errx(2, "there is no lie %s", name);
    return NULL;
}

static void lie_about(const struct lie *lie, enum stage stage, struct plan *plan)
{
    if (lie != NULL && lie->stage == stage)
        lie->tell(plan);
}

/* ---- the truth ---- */

static struct bytes read_file(const char *path)
{
    FILE *f = path == NULL ? NULL : fopen(path, "rbe");
    if (f == NULL)
        err(2, "module=%s", path == NULL ? "" : path);
    static uint8_t data[PARCEL_MAX];
    const size_t size = fread(data, 1, sizeof(data), f);
    if (ferror(f) != 0)
        err(2, "%s", path);
    fclose(f);
    return (struct bytes){.data = data, .size = size};
}

static size_t split(const char *words, struct bytes *args)
{
    size_t count = 0;
    for (const char *at = words; *at != '\0'; at += strspn(at, " ")) {
        if (count == ARGS_MAX)
            errx(2, "too many args");
        args[count++] = (struct bytes){.data = (const uint8_t *)at, .size = strcspn(at, " ")};
        at += strcspn(at, " ");
    }
    return count;
}

static void must_digest(struct bytes of, uint8_t digest[static SHA256_SIZE])
{
    if (sha256(of, digest) < 0)
        errx(2, "no memory");
}

static void describe(const struct step *s, struct plan *p)
{
    static struct bytes args[ARGS_MAX];
    static struct manifest_dir root;
    static struct manifest_stream streams[] = {
        {.kind = STREAM_STDIN}, {.kind = STREAM_STDOUT}, {.kind = STREAM_STDERR}};
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    const char *words = step_option(s, "args"), *text = step_option(s, "file");
    for (size_t i = 0; i < ARRAY_COUNT(streams); i++)
        streams[i].name = bytes_of_text(names[i]);
    root = (struct manifest_dir){.path = bytes_of_text("/")};
    p->parts[PART_MODULE] = read_file(step_option(s, "module"));
    p->parts[PART_FILE] = bytes_of_text(text == NULL ? "a file" : text);
    p->files[0] = (struct manifest_file){
        .type = FILE_REGULAR, .path = bytes_of_text("/file"), .size = p->parts[PART_FILE].size};
    must_digest(p->parts[PART_FILE], p->files[0].digest);
    p->manifest = (struct manifest){
        .module_size = p->parts[PART_MODULE].size,
        .memory_size = step_number(s, "memory", 64u << 20),
        .files_size = 1u << 20,
        .args = args,
        .arg_count = split(words == NULL ? "program" : words, args),
        .streams = streams,
        .stream_count = ARRAY_COUNT(streams),
        .dirs = &root,
        .dir_count = 1,
        .files = p->files,
        .file_count = 1,
    };
    must_digest(p->parts[PART_MODULE], p->manifest.module_digest);
}

static void put_parts(const struct plan *plan, struct put *out)
{
    put_le32(out, plan->sizes[PART_MANIFEST]);
    put_le32(out, plan->sizes[PART_SECRETS]);
    put_le32(out, plan->sizes[PART_KEY]);
    put_le32(out, plan->flags);
    for (size_t i = 0; i < PART_COUNT; i++)
        put_bytes(out, plan->parts[i]);
}

struct parcel parcel_make(const struct step *s, struct bytes key)
{
    static uint8_t manifest[1u << 20], payload[PARCEL_MAX];
    const struct lie *lie = find_lie(s);
    struct put m = put_init(manifest, sizeof(manifest)), out = put_init(payload, sizeof(payload));
    struct plan plan = {.parts[PART_KEY] = key, .flags = (uint32_t)step_number(s, "flags", 0)};
    struct parcel parcel;
    describe(s, &plan);
    lie_about(lie, OF_MANIFEST, &plan);
    manifest_put(&plan.manifest, &m);
    plan.parts[PART_MANIFEST] = put_done(&m);
    must_digest(plan.parts[PART_MANIFEST], parcel.digest);
    lie_about(lie, OF_PARTS, &plan);
    for (size_t i = 0; i < ARRAY_COUNT(plan.sizes); i++)
        plan.sizes[i] = (uint32_t)plan.parts[i].size;
    lie_about(lie, OF_HEAD, &plan);
    put_parts(&plan, &out);
    if (m.bad || out.bad)
        errx(2, "the workload is too large for this test");
    parcel.payload = put_done(&out);
    parcel.declared = parcel.payload.size + (uint64_t)plan.more;
    return parcel;
}
