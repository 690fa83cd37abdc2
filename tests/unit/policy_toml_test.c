/* SPDX-License-Identifier: Apache-2.0 */
/* policy.toml: defaults, every key, a message with a place for every error, and that
 * docs/policy.md shows the table of keys as it is. Run from the root of the tree. */
/* links: conf/manifest_tls.c conf/host_name.c base/der.c */
/* links: conf/policy_toml.c conf/policy_names.c conf/policy_value.c conf/policy_key.c conf/config_key.c */
/* links: conf/manifest_check.c conf/toml.c conf/toml_define.c conf/toml_tree.c */
/* links: conf/toml_scan.c conf/toml_error.c conf/toml_string.c conf/toml_number.c */
/* links: conf/toml_datetime.c attest/policy.c */
/* links: base/cur.c base/put.c base/hex.c base/utf8.c base/nearest.c base/rfc3339.c */
#include "conf/policy_key.h"
#include "conf/policy_toml.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define H8  "0123456789abcdef"
#define H16 H8 H8
#define H32 H16 H16
#define H48 H32 H16
#define H64 H32 H32

/* An entry without its names. */
#define NAMES "[[names]]\nmeasurement = \"" H32 "\"\nworkload = \"" H32 "\"\n"

static struct policy_file parse(const char *text)
{
    struct policy_file f;
    struct toml_error error = {.what = ""};
    if (policy_toml_parse(bytes_of_text(text), &f, &error) != 0)
        fail_msg("%s\n%u:%u: %s", text, error.place.line, error.place.column, error.what);
    return f;
}

static void assert_text(struct bytes text, const char *want)
{
    assert_true(bytes_equal(text, bytes_of_text(want)));
}

static void assert_hex(struct bytes value, size_t size)
{
    assert_int_equal(value.size, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(value.data[i], (0x01 + 0x22 * (i % 8)) & 0xff);
}

static void assert_hexes(struct bytes_list list, size_t size)
{
    assert_int_equal(list.count, 1);
    assert_hex(list.items[0], size);
}

static void defaults(void **state)
{
    (void)state;
    struct policy_file f = parse("");
    const struct policy want = policy_default();
    assert_memory_equal(&f.policy, &want, sizeof(want));
    assert_true(want.crls);
    policy_toml_fini(&f);
    assert_int_equal(f.policy.kinds, 0);
}

/* The defaults in the table are those of the code: written down they change nothing. */
static void fallbacks(void **state)
{
    (void)state;
    char text[16384] = "";
    const char *section = "";
    for (size_t i = 0; i < policy_key_count; i++) {
        const struct policy_key *key = &policy_keys[i];
        const char *dot = strchr(key->name, '.');
        const size_t prefix = dot == NULL ? 0 : (size_t)(dot - key->name);
        size_t used = strlen(text);
        if (prefix > 0 && strncmp(section, key->name, prefix) != 0)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "[%.*s]\n", (int)prefix,
                                     key->name);
        section = key->name;
        const bool absent = strcmp(key->fallback, "none") == 0 ||
                            strcmp(key->fallback, "any") == 0 ||
                            strcmp(key->fallback, "never") == 0;
        if (!absent)
            snprintf(text + used, sizeof(text) - used, "%s = %s\n",
                     dot == NULL ? key->name : dot + 1, key->fallback);
    }
    struct policy_file f = parse(text);
    const struct policy want = policy_default();
    assert_int_equal(f.policy.kinds, want.kinds);
    assert_int_equal(f.policy.crls, want.crls);
    assert_int_equal(f.policy.snp.product_lines, want.snp.product_lines);
    assert_int_equal(f.policy.snp.signing_keys, want.snp.signing_keys);
    assert_int_equal(f.policy.snp.platform_require, want.snp.platform_require);
    assert_int_equal(f.policy.snp.debug, want.snp.debug);
    assert_int_equal(f.policy.snp.provisional, want.snp.provisional);
    assert_int_equal(f.policy.snp.minimum_firmware, want.snp.minimum_firmware);
    assert_int_equal(f.policy.sgx.tcb.statuses, want.sgx.tcb.statuses);
    assert_int_equal(f.policy.tdx.tcb.statuses, want.tdx.tcb.statuses);
    assert_int_equal(f.policy.sgx.debug, want.sgx.debug);
    assert_int_equal(f.policy.tdx.debug, want.tdx.debug);
    assert_int_equal(f.policy.tdx.migration, want.tdx.migration);
    assert_int_equal(f.policy.snp.measurements.count, 0);
    policy_toml_fini(&f);
}

static const char everything[] =
    "tees = [\"snp\", \"tdx\"]\n"
    "crls = false\n"
    "simulated_roots = [\"pem\"]\n"
    "measurement = \"self\"\n"
    "report_data = \"" H64 "\"\n"
    "nonce = \"" H8 "\"\n"
    "purpose = \"certificate\"\n"
    "workload = \"" H32 "\"\n"
    "[snp]\n"
    "measurements = [\"" H48 "\"]\n"
    "id_keys = [\"" H48 "\"]\n"
    "author_keys = [\"" H48 "\"]\n"
    "revoked_authors = [\"" H48 "\"]\n"
    "chips = [\"" H64 "\", \"" H8 "\"]\n"
    "csp_ids = [\"AWS\"]\n"
    "family_id = \"" H16 "\"\n"
    "image_id = \"" H16 "\"\n"
    "host_data = \"" H32 "\"\n"
    "minimum_guest_svn = 4294967295\n"
    "product_lines = [\"milan\"]\n"
    "signing_keys = [\"vlek\"]\n"
    "minimum_tcb.turin = {fmc = 1, bootloader = 2, tee = 3, snp = 4, microcode = 255}\n"
    "minimum_tcb.milan = {snp = 6}\n"
    "provisional = true\n"
    "minimum_firmware = \"1.55.39\"\n"
    "minimum_abi = \"1.51\"\n"
    "debug = true\n"
    "migration = true\n"
    "policy_require = [\"single_socket\", \"page_swap_disable\"]\n"
    "policy_forbid = [\"smt\"]\n"
    "platform_require = []\n"
    "platform_forbid = [\"smt\", \"tio\"]\n"
    "vmpl = 3\n"
    "launch_mitigations = \"0x8000000000000001\"\n"
    "current_mitigations = \"0xF\"\n"
    "[sgx]\n"
    "mrenclaves = [\"" H32 "\"]\n"
    "mrsigners = [\"" H32 "\"]\n"
    "isv_prod_id = 0\n"
    "minimum_isv_svn = 65535\n"
    "config_id = \"" H64 "\"\n"
    "minimum_config_svn = 2\n"
    "family_id = \"" H16 "\"\n"
    "ext_prod_id = \"" H16 "\"\n"
    "attributes = {mask = \"0x6\", value = \"0x4\"}\n"
    "xfrm = {mask = \"0x3\", value = \"0x3\"}\n"
    "misc_select = {mask = \"0x1\", value = \"0x1\"}\n"
    "debug = true\n"
    "provision_key = true\n"
    "statuses = [\"UpToDate\"]\n"
    "out_of_date_until = 2026-03-31T22:20:07Z\n"
    "advisories.INTEL-SA-00615 = \"flushes buffers\"\n"
    "denied_advisories = [\"INTEL-DOC-10001\"]\n"
    "minimum_tcb_evaluation_data_number = 17\n"
    "minimum_tcb_date = 1970-01-02\n"
    "chips = [\"" H16 "\"]\n"
    "[tdx]\n"
    "mrtds = [\"" H48 "\"]\n"
    "rtmr0 = [\"" H48 "\"]\n"
    "rtmr1 = [\"" H48 "\"]\n"
    "rtmr2 = [\"" H48 "\"]\n"
    "rtmr3 = [\"" H48 "\"]\n"
    "mrseams = [\"" H48 "\"]\n"
    "mr_config_id = \"" H48 "\"\n"
    "mr_owner = \"" H48 "\"\n"
    "mr_owner_config = \"" H48 "\"\n"
    "mr_service_td = \"" H48 "\"\n"
    "attributes = {mask = \"0x8000000000000000\", value = \"0x0\"}\n"
    "xfam = {mask = \"0xe7\", value = \"0xe7\"}\n"
    "debug = true\n"
    "migration = true\n"
    "statuses = [\"TDRelaunchAdvised\"]\n"
    "out_of_date_until = 1970-01-01T00:00:09Z\n"
    "advisories = {}\n"
    "denied_advisories = []\n"
    "minimum_tcb_evaluation_data_number = 18\n"
    "minimum_tcb_date = 1970-01-03\n"
    "chips = []\n";

static void snp_is_read(const struct snp_policy *p)
{
    assert_hexes(p->measurements, 48);
    assert_hexes(p->id_keys, 48);
    assert_hexes(p->author_keys, 48);
    assert_hexes(p->revoked_authors, 48);
    assert_int_equal(p->chips.count, 2);
    assert_hex(p->chips.items[1], 8);
    assert_text(p->csp_ids.items[0], "AWS");
    assert_int_equal(p->family_id.size + p->image_id.size + p->host_data.size, 64);
    assert_int_equal(p->minimum_guest_svn, UINT32_MAX);
    assert_int_equal(p->product_lines, 1 << PRODUCT_MILAN);
    assert_int_equal(p->signing_keys, SNP_KEY_VLEK);
    const struct snp_tcb turin = {1, 2, 3, 4, 255}, milan = {.snp = 6}, genoa = {0};
    assert_memory_equal(&p->minimum_tcb[PRODUCT_TURIN], &turin, sizeof(turin));
    assert_memory_equal(&p->minimum_tcb[PRODUCT_MILAN], &milan, sizeof(milan));
    assert_memory_equal(&p->minimum_tcb[PRODUCT_GENOA], &genoa, sizeof(genoa));
    assert_true(p->provisional && p->debug && p->migration);
    assert_int_equal(p->minimum_firmware, 1 << 16 | 55 << 8 | 39);
    assert_int_equal(p->minimum_abi, 1 << 8 | 51);
    assert_int_equal(p->policy_require, SNP_POLICY_SINGLE_SOCKET | SNP_POLICY_PAGE_SWAP_DISABLE);
    assert_int_equal(p->policy_forbid, SNP_POLICY_SMT);
    assert_int_equal(p->platform_require, 0);
    assert_int_equal(p->platform_forbid, SNP_PLATFORM_SMT | SNP_PLATFORM_TIO);
    assert_int_equal(p->vmpl, 3);
    assert_true(p->launch_mitigations == 0x8000000000000001);
    assert_int_equal(p->current_mitigations, 0xf);
}

static void sgx_is_read(const struct sgx_policy *p)
{
    assert_hexes(p->mrenclaves, 32);
    assert_hexes(p->mrsigners, 32);
    assert_true(p->isv_prod_id.given && p->isv_prod_id.value == 0);
    assert_int_equal(p->minimum_isv_svn, 65535);
    assert_hex(p->config_id, 64);
    assert_int_equal(p->minimum_config_svn, 2);
    assert_hex(p->family_id, 16);
    assert_hex(p->ext_prod_id, 16);
    assert_true(p->attributes.mask == 6 && p->attributes.value == 4);
    assert_true(p->xfrm.mask == 3 && p->misc_select.value == 1);
    assert_true(p->debug && p->provision_key);
    assert_int_equal(p->tcb.statuses, TCB_BIT(TCB_UP_TO_DATE));
    assert_int_equal(p->tcb.out_of_date_until, 1774995607);
    assert_int_equal(p->tcb.advisory_count, 1);
    assert_text(p->tcb.advisories[0].id, "INTEL-SA-00615");
    assert_text(p->tcb.advisories[0].mitigation, "flushes buffers");
    assert_text(p->tcb.denied_advisories.items[0], "INTEL-DOC-10001");
    assert_int_equal(p->tcb.minimum_tcb_evaluation_data_number, 17);
    assert_int_equal(p->tcb.minimum_tcb_date, 86400);
    assert_hexes(p->tcb.chips, 16);
}

static void tdx_is_read(const struct tdx_policy *p)
{
    assert_hexes(p->mrtds, 48);
    for (size_t i = 0; i < 4; i++)
        assert_hexes(p->rtmrs[i], 48);
    assert_hexes(p->mrseams, 48);
    assert_hex(p->mr_config_id, 48);
    assert_hex(p->mr_owner, 48);
    assert_hex(p->mr_owner_config, 48);
    assert_hex(p->mr_service_td, 48);
    assert_true(p->attributes.mask == 1ull << 63 && p->xfam.mask == 0xe7);
    assert_true(p->debug && p->migration);
    assert_int_equal(p->tcb.statuses, TCB_BIT(TCB_TD_RELAUNCH_ADVISED));
    assert_int_equal(p->tcb.out_of_date_until, 9);
    assert_int_equal(p->tcb.advisory_count, 0);
    assert_int_equal(p->tcb.minimum_tcb_evaluation_data_number, 18);
    assert_int_equal(p->tcb.minimum_tcb_date, 2 * 86400);
}

static void every_key(void **state)
{
    (void)state;
    struct policy_file f = parse(everything);
    assert_int_equal(f.policy.kinds, 1 << KIND_SNP | 1 << KIND_TDX);
    assert_false(f.policy.crls);
    assert_text(f.policy.sgx.tcb.simulated_roots.items[0], "pem");
    assert_true(f.policy.same_image);
    assert_hex(f.policy.report_data, 64);
    assert_hex(f.policy.nonce, 8);
    assert_text(f.policy.purpose, "certificate");
    assert_hex(f.policy.workload, 32);
    snp_is_read(&f.policy.snp);
    sgx_is_read(&f.policy.sgx);
    tdx_is_read(&f.policy.tdx);
    policy_toml_fini(&f);
    for (size_t i = 0; i < policy_key_count; i++) {
        const char *dot = strchr(policy_keys[i].name, '.');
        if (strstr(everything, dot == NULL ? policy_keys[i].name : dot + 1) == NULL)
            fail_msg("%s is not tried", policy_keys[i].name);
    }
}

static const struct {
    const char *text;
    unsigned line;
    unsigned column;
    const char *what;
} bad[] = {
    {"tees = ", 1, 8, "found the end of the file"},
    {"\nteees = []", 2, 1, "unknown key \"teees\"; did you mean \"tees\"?"},
    {"[snpp]", 1, 2, "unknown key \"snpp\"; did you mean \"snp\"?"},
    {"\"snp.debug\" = true", 1, 1, "unknown key \"snp.debug\""},
    {"measurements = []", 1, 1, "unknown key \"measurements\""},
    {"snp = 1", 1, 7, "snp must be a table, not an integer"},
    {"[snp]\ndebg = true", 2, 1, "unknown key \"debg\"; did you mean \"debug\"?"},
    {"[sgx]\nmrenclave = []", 2, 1, "did you mean \"mrenclaves\"?"},
    {"[tdx]\nmrtd = []", 2, 1, "did you mean \"mrtds\"?"},
    {"[tdx]\nx = 1", 2, 1,
     "unknown key \"x\"; possible here: mrtds, rtmr0, rtmr1, rtmr2, rtmr3, mrseams, mr_config_id, "
     "mr_owner, mr_owner_config, ..."},
    {"tees = [\"sev\"]", 1, 9, "unknown tees \"sev\"; possible here: snp, sgx, tdx"},
    {"tees = \"snp\"", 1, 8, "tees must be an array, not text"},
    {"crls = 1", 1, 8, "crls must be a boolean, not an integer"},
    {"purpose = \"\"", 1, 11, "purpose is empty; leave the line out instead"},
    {"purpose = 1", 1, 11, "purpose must be text"},
    {"measurement = \"self\\u0000\"", 1, 15, "measurement must not hold NUL"},
    {"measurement = \"" H32 "\"", 1, 15, "possible here: self"},
    {"nonce = \"\"", 1, 9, "nonce must be 2 to 128 hexadecimal digits, not \"\""},
    {"nonce = \"123\"", 1, 9, "nonce must be 2 to 128 hexadecimal digits"},
    {"nonce = \"xx\"", 1, 9, "nonce must be 2 to 128 hexadecimal digits, not \"xx\""},
    {"nonce = \"" H64 "00\"", 1, 9, "nonce must be 2 to 128 hexadecimal digits"},
    {"workload = \"00\"", 1, 12, "workload must be 64 hexadecimal digits (32 bytes), not 2"},
    {"simulated_roots = [\"\"]", 1, 20, "simulated_roots holds an empty text"},
    {"[snp]\nmeasurements = \"" H48 "\"", 2, 16, "measurements must be an array"},
    {"[snp]\nmeasurements = [\n\"" H32 "\"]", 3, 1, "must be 96 hexadecimal digits (48 bytes)"},
    {"[snp]\nchips = [\"" H16 "\"]", 2, 10, "chips must be 128 hexadecimal digits"},
    {"[snp]\nvmpl = -1", 2, 8, "vmpl must be 0 to 4294967295"},
    {"[snp]\nvmpl = 4294967296", 2, 8, "vmpl must be 0 to 4294967295"},
    {"[snp]\nproduct_lines = [\"rome\"]", 2, 18,
     "unknown product_lines \"rome\"; possible here: "
     "milan, genoa, turin"},
    {"[snp]\nminimum_tcb = {rome = {}}", 2, 16, "unknown key \"rome\""},
    {"[snp]\nminimum_tcb = {genoa = {snp = 256}}", 2, 31, "minimum_tcb must be 0 to 255"},
    {"[snp]\nminimum_tcb = {genoa = {boot = 1}}", 2, 25, "unknown key \"boot\""},
    {"[snp]\nminimum_tcb = {genoa = 1}", 2, 24, "minimum_tcb must be a table"},
    {"[snp]\nminimum_tcb = 1", 2, 15, "minimum_tcb must be a table"},
    {"[snp]\nminimum_abi = 1.51", 2, 15, "minimum_abi must be text, not a float"},
    {"[snp]\nminimum_abi = \"1\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \"1.2.3\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \"1.256\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \"1.0559\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \"1.055x\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \"0001.55\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \"1.\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \".1\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_abi = \"a.1\"", 2, 15, "must be a version like \"1.55\""},
    {"[snp]\nminimum_firmware = \"1.55\"", 2, 20, "must be a version like \"1.55.39\""},
    {"[snp]\nlaunch_mitigations = \"1\"", 2, 22, "must be like \"0x20\", of 64 bits at most"},
    {"[snp]\nlaunch_mitigations = \"0x\"", 2, 22, "must be like \"0x20\""},
    {"[snp]\nlaunch_mitigations = \"0x00000000000000000\"", 2, 22, "must be like \"0x20\""},
    {"[snp]\nlaunch_mitigations = \"0xg\"", 2, 22, "must be like \"0x20\""},
    {"[sgx]\nisv_prod_id = 65536", 2, 15, "isv_prod_id must be 0 to 65535"},
    {"[sgx]\nattributes = 1", 2, 14, "attributes must be a table"},
    {"[sgx]\nattributes = {mask = \"0x1\"}", 2, 14, "attributes must be {mask = \"0x...\", value"},
    {"[sgx]\nattributes = {mask = \"0x1\", value = \"0x2\"}", 2, 37, "bits outside the mask"},
    {"[sgx]\nattributes = {mask = 1, value = \"0x2\"}", 2, 22, "attributes must be text"},
    {"[sgx]\nattributes = {msk = 1}", 2, 15, "did you mean \"mask\"?"},
    {"[sgx]\nstatuses = [\"Uptodate\"]", 2, 13, "did you mean \"UpToDate\"?"},
    {"[sgx]\nstatuses = [\"OutOfDate\"]", 2, 13, "set out_of_date_until"},
    {"[sgx]\nstatuses = [\"Revoked\"]", 2, 13, "unknown statuses \"Revoked\""},
    {"[sgx]\nout_of_date_until = \"2026-01-01\"", 2, 21, "must be a date or time, not text"},
    {"[sgx]\nout_of_date_until = 10:00:00", 2, 21, "must be a date like 2026-03-31"},
    {"[sgx]\nadvisories = []", 2, 14, "advisories must be a table"},
    {"[sgx.advisories]\nINTEL-SA-1 = 1", 2, 14, "must be text"},
    {"[sgx.advisories]\nINTEL-SA-1 = \"\"", 2, 14, "say how the program mitigates \"INTEL-SA-1\""},
    {"names = 1", 1, 9, "names must be an array"},
    {"names = [1]", 1, 10, "names must be a table"},
    {"[[names]]\nmesurement = \"\"", 2, 1, "did you mean \"measurement\"?"},
    {"[[names]]\ndns = []", 1, 3, "an entry of [[names]] needs measurement"},
    {"[[names]]\nmeasurement = \"" H32 "\"", 1, 3, "an entry of [[names]] needs workload"},
    {NAMES, 1, 3, "an entry of [[names]] needs dns, which may be []"},
    {"[[names]]\nmeasurement = \"" H16 "\"", 2, 15, "measurement must be 64 or 96"},
    {"[[names]]\nmeasurement = \"" H32 "\"\nworkload = \"" H48 "\"", 3, 12,
     "workload must be 64 hexadecimal digits, not 96"},
    {NAMES "dns = \"a\"", 4, 7, "dns must be an array"},
    {NAMES "dns = [1]", 4, 8, "dns must be text"},
    {NAMES "dns = [\"a\", \"a\"]", 4, 13, "\"a\" stands there twice"},
    {NAMES "dns = []\n" NAMES "dns = []", 5, 3, "has the same measurement and workload"},
};

/* [RFC 1035 2.3.1], and one spelling for each */
static const char *const no_hosts[] = {
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "*.a",
    "A.b",
    "a_b",
    "-a",
    "a-",
    "a-.b",
    "a b",
    "a/b",
    "b\\u00fc",
    "a\\u0000b",
    H32,
    H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8 "." H8
       "." H8,
};

static void names_are_of_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(no_hosts); i++) {
        struct policy_file f;
        struct toml_error error = {.what = ""};
        char text[1024];
        snprintf(text, sizeof(text), NAMES "dns = [\"%s\"]", no_hosts[i]);
        if (policy_toml_parse(bytes_of_text(text), &f, &error) != -EBADMSG)
            fail_msg("%s", no_hosts[i]);
    }
}

static void names(void **state)
{
    (void)state;
    struct policy_file f =
        parse(NAMES "dns = [\"a.example\", \"x-1.b.example\", \"3\"]\n"
                    "[[names]]\nmeasurement = \"" H48 "\"\nworkload = \"" H32 "\"\ndns = []");
    assert_int_equal(f.names_count, 2);
    assert_hex(f.names[0].measurement, 32);
    assert_hex(f.names[0].workload, 32);
    assert_int_equal(f.names[0].hosts.count, 3);
    assert_text(f.names[0].hosts.items[1], "x-1.b.example");
    assert_hex(f.names[1].measurement, 48);
    assert_int_equal(f.names[1].hosts.count, 0);
    policy_toml_fini(&f);
}

/* As many as may be, and one more. */
static void names_are_bounded(void **state)
{
    (void)state;
    for (unsigned count = POLICY_HOSTS_MAX; count <= POLICY_HOSTS_MAX + 1; count++) {
        struct policy_file f;
        struct toml_error error = {.what = ""};
        char text[4096] = NAMES "dns = [";
        for (unsigned i = 0; i < count; i++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "\"h%u\",", i);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "]");
        const int result = policy_toml_parse(bytes_of_text(text), &f, &error);
        assert_int_equal(result, count <= POLICY_HOSTS_MAX ? 0 : -EBADMSG);
        policy_toml_fini(&f);
    }
}

static void errors_have_a_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct policy_file f;
        struct toml_error error = {.what = ""};
        int result = policy_toml_parse(bytes_of_text(bad[i].text), &f, &error);
        if (result != -EBADMSG || error.place.line != bad[i].line ||
            error.place.column != bad[i].column || strstr(error.what, bad[i].what) == NULL)
            fail_msg("%s\ngives %d, %u:%u: %s", bad[i].text, result, error.place.line,
                     error.place.column, error.what);
        assert_null(f.toml);
        assert_null(f.blocks);
        assert_int_equal(f.policy.kinds, 0);
    }
}

static void documented(void **state)
{
    (void)state;
    static char doc[65536];
    FILE *file = fopen("docs/policy.md", "r");
    assert_non_null(file);
    const size_t size = fread(doc, 1, sizeof(doc) - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_true(size > 0 && size < sizeof(doc) - 1);
    for (size_t i = 0; i < policy_key_count; i++) {
        const struct policy_key *key = &policy_keys[i];
        const char *dot = strchr(key->name, '.');
        char row[1024];
        snprintf(row, sizeof(row), "| `%s` | `%s` | %s |\n", dot == NULL ? key->name : dot + 1,
                 key->fallback, key->weaker);
        if (strstr(doc, row) == NULL)
            fail_msg("docs/policy.md lacks a row:\n%s", row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),           cmocka_unit_test(fallbacks),
        cmocka_unit_test(every_key),          cmocka_unit_test(errors_have_a_place),
        cmocka_unit_test(documented),         cmocka_unit_test(names),
        cmocka_unit_test(names_are_of_hosts), cmocka_unit_test(names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
