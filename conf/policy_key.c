/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of policy.toml; see policy_key.h. docs/policy.md shows this table. */
#include "conf/policy_key.h"

#include "base/attr.h"

#include <string.h>

/* ---- names of bits ---- */

static const struct policy_word kinds[] = {
    {"snp", 1u << KIND_SNP}, {"sgx", 1u << KIND_SGX}, {"tdx", 1u << KIND_TDX}, {NULL, 0}};
static const struct policy_word images[] = {{"self", 1}, {NULL, 0}};
static const struct policy_word products[] = {{"milan", 1u << PRODUCT_MILAN},
                                              {"genoa", 1u << PRODUCT_GENOA},
                                              {"turin", 1u << PRODUCT_TURIN},
                                              {NULL, 0}};
static const struct policy_word signing_keys[] = {
    {"vcek", SNP_KEY_VCEK}, {"vlek", SNP_KEY_VLEK}, {NULL, 0}};
static const struct policy_word guest_bits[] = {{"smt", SNP_POLICY_SMT},
                                                {"migrate_ma", SNP_POLICY_MIGRATE_MA},
                                                {"debug", SNP_POLICY_DEBUG},
                                                {"single_socket", SNP_POLICY_SINGLE_SOCKET},
                                                {"cxl", SNP_POLICY_CXL},
                                                {"aes_256_xts", SNP_POLICY_AES_256_XTS},
                                                {"rapl_dis", SNP_POLICY_RAPL_DIS},
                                                {"ciphertext_hiding", SNP_POLICY_CIPHERTEXT_HIDING},
                                                {"page_swap_disable", SNP_POLICY_PAGE_SWAP_DISABLE},
                                                {NULL, 0}};
static const struct policy_word platform_bits[] = {
    {"smt", SNP_PLATFORM_SMT},
    {"tsme", SNP_PLATFORM_TSME},
    {"ecc", SNP_PLATFORM_ECC},
    {"rapl_dis", SNP_PLATFORM_RAPL_DIS},
    {"ciphertext_hiding", SNP_PLATFORM_CIPHERTEXT_HIDING},
    {"alias_check_complete", SNP_PLATFORM_ALIAS_CHECK_COMPLETE},
    {"tio", SNP_PLATFORM_TIO},
    {NULL, 0}};

/* OutOfDate has a key of its own, with a date; Revoked is never accepted. */
static const struct policy_word statuses[] = {
    {"UpToDate", TCB_BIT(TCB_UP_TO_DATE)},
    {"SWHardeningNeeded", TCB_BIT(TCB_SW_HARDENING_NEEDED)},
    {"ConfigurationNeeded", TCB_BIT(TCB_CONFIGURATION_NEEDED)},
    {"ConfigurationAndSWHardeningNeeded", TCB_BIT(TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)},
    {"TDRelaunchAdvised", TCB_BIT(TCB_TD_RELAUNCH_ADVISED)},
    {"TDRelaunchAdvisedConfigurationNeeded", TCB_BIT(TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED)},
    {NULL, 0}};

/* ---- the table ---- */

#define AT(member)   offsetof(struct policy, member)
#define SIZE(member) sizeof(((struct policy *)NULL)->member)

#define KEY(name, type, member, fallback, weaker)                    \
    {                                                                \
        name, type, AT(member), SIZE(member), NULL, fallback, weaker \
    }
#define HEX(name, member, size, weaker)                       \
    {                                                         \
        name, KEY_HEX, AT(member), size, NULL, "none", weaker \
    }
#define HEXES(name, member, size, weaker)                     \
    {                                                         \
        name, KEY_HEXES, AT(member), size, NULL, "[]", weaker \
    }
#define CHIPS(name, member, weaker)                         \
    {                                                       \
        name, KEY_CHIPS, AT(member), 64, NULL, "[]", weaker \
    }
#define WORDS(name, member, words, fallback, weaker)                       \
    {                                                                      \
        name, KEY_WORDS, AT(member), SIZE(member), words, fallback, weaker \
    }

/* clang-format off */
#define INTEL(section, s)                                                                         \
    WORDS(section ".statuses", s.tcb.statuses, statuses, "[\"UpToDate\", \"SWHardeningNeeded\"]", \
        "Platforms with known weaknesses pass: ConfigurationNeeded means firmware settings that " \
        "leave attacks open; TDRelaunchAdvised means a TD started on weak firmware."),            \
    KEY(section ".out_of_date_until", KEY_TIME, s.tcb.out_of_date_until, "never",                 \
        "Until then platforms without the latest microcode pass, whose published weaknesses "     \
        "may expose memory and even attestation keys."),                                          \
    KEY(section ".advisories", KEY_ADVISORIES, s.tcb.advisories, "{}",                            \
        "Each advisory listed is no longer held against a platform: what it describes must be "   \
        "prevented by the program itself, as its text says."),                                    \
    KEY(section ".denied_advisories", KEY_TEXTS, s.tcb.denied_advisories, "[]",                   \
        "Without it an advisory counts only as its TCB status says."),                            \
    KEY(section ".minimum_tcb_evaluation_data_number", KEY_UINT,                                  \
        s.tcb.minimum_tcb_evaluation_data_number, "0",                                            \
        "Without it a host may present the oldest collateral not expired, from before an update."),\
    KEY(section ".minimum_tcb_date", KEY_TIME, s.tcb.minimum_tcb_date, "none",                    \
        "Without it a TCB level of any age passes, as long as its status does."),                 \
    HEXES(section ".chips", s.tcb.chips, 16,                                                      \
        "Without it any genuine machine passes, also one in an attacker's hands. PPIDs or "       \
        "platform instance ids."),

const struct policy_key policy_keys[] = {
    WORDS("tees", kinds, kinds, "[\"snp\", \"sgx\", \"tdx\"]",
        "Each TEE added is one more whose weaknesses count."),
    KEY("crls", KEY_BOOL, crls, "true",
        "With false, certificates that their issuer has revoked pass."),
    KEY("simulated_roots", KEY_TEXTS, sgx.tcb.simulated_roots, "[]",
        "Whoever holds the key of a root listed (a PEM certificate) can make any evidence of SGX, "
        "the one TEE that is simulated: nothing is confidential."),
    {"measurement", KEY_WORD, AT(same_image), SIZE(same_image), images, "none",
        "Without it, and without measurements, ids or signers of a TEE, any program passes."},
    HEX("report_data", report_data, 64,
        "Without it, nonce or a key binding, evidence may be old or another's."),
    HEX("nonce", nonce, 0,
        "Without it old evidence can be sent again."),
    KEY("purpose", KEY_TEXT, purpose, "any",
        "Without it evidence made for one purpose passes for another."),
    HEX("workload", workload, 32,
        "Without it a genuine keep may run any program."),

    HEXES("snp.measurements", snp.measurements, 48,
        "Without it, id_keys and author_keys any guest passes: identity is \"any\"."),
    HEXES("snp.id_keys", snp.id_keys, 48,
        "Each key listed can sign any guest."),
    HEXES("snp.author_keys", snp.author_keys, 48,
        "Each key listed can appoint ID keys, which sign any guest."),
    HEXES("snp.revoked_authors", snp.revoked_authors, 48,
        "Taking a key off the list accepts its guests again."),
    CHIPS("snp.chips", snp.chips,
        "Without it any genuine machine passes, also one in an attacker's hands."),
    KEY("snp.csp_ids", KEY_TEXTS, snp.csp_ids, "[]",
        "Without it the VLEK of any cloud provider passes."),
    HEX("snp.family_id", snp.family_id, 16,
        "Without it a guest of any family passes."),
    HEX("snp.image_id", snp.image_id, 16,
        "Without it any image of the family passes."),
    HEX("snp.host_data", snp.host_data, 32,
        "Without it the host chooses what it tells the guest at launch."),
    KEY("snp.minimum_guest_svn", KEY_UINT, snp.minimum_guest_svn, "0",
        "Lower, and old versions of the guest pass, with their faults."),
    WORDS("snp.product_lines", snp.product_lines, products, "[\"genoa\", \"turin\"]",
        "With \"milan\", chips pass whose root of trust can be extracted by software alone "
        "(arXiv 2605.12990): their evidence can be forged for any TCB."),
    WORDS("snp.signing_keys", snp.signing_keys, signing_keys, "[\"vcek\", \"vlek\"]",
        "With \"vlek\", a key that a cloud provider loads into all its chips vouches, not the chip."),
    KEY("snp.minimum_tcb", KEY_TCBS, snp.minimum_tcb, "{}",
        "Lower, and firmware with published faults passes."),
    KEY("snp.provisional", KEY_BOOL, snp.provisional, "false",
        "With true, firmware passes that the host can still roll back to an older one."),
    KEY("snp.minimum_firmware", KEY_VERSION, snp.minimum_firmware, "\"0.0.0\"",
        "Lower, and firmware with published faults passes."),
    KEY("snp.minimum_abi", KEY_VERSION, snp.minimum_abi, "\"0.0\"",
        "Lower, and the guest may be launched by firmware that lacks protections it relies on."),
    KEY("snp.debug", KEY_BOOL, snp.debug, "false",
        "With true, guests pass whose memory the host can read and write."),
    KEY("snp.migration", KEY_BOOL, snp.migration, "false",
        "With true, guests pass that a migration agent can move to any machine."),
    WORDS("snp.policy_require", snp.policy_require, guest_bits, "[]",
        "Without a bit here, guests pass that may be launched without that protection."),
    WORDS("snp.policy_forbid", snp.policy_forbid, guest_bits, "[]",
        "Without a bit here, guests pass that admit that feature of the machine."),
    WORDS("snp.platform_require", snp.platform_require, platform_bits, "[\"alias_check_complete\"]",
        "Without alias_check_complete, machines pass whose memory modules may be tampered "
        "with so that the host reads and replays private memory (BadRAM)."),
    WORDS("snp.platform_forbid", snp.platform_forbid, platform_bits, "[]",
        "Without \"smt\" here, another thread of the same core may watch the guest."),
    KEY("snp.vmpl", KEY_UINT, snp.vmpl, "0",
        "Above 0, software at a higher privilege level, not the guest, is in charge: trust it too."),
    KEY("snp.launch_mitigations", KEY_BITS, snp.launch_mitigations, "\"0x0\"",
        "Without a bit here, version 5 reports pass without that mitigation at launch."),
    KEY("snp.current_mitigations", KEY_BITS, snp.current_mitigations, "\"0x0\"",
        "Without a bit here, version 5 reports pass without that mitigation now."),

    HEXES("sgx.mrenclaves", sgx.mrenclaves, 32,
        "Without it and mrsigners any enclave passes: identity is \"any\"."),
    HEXES("sgx.mrsigners", sgx.mrsigners, 32,
        "Each key listed can sign any enclave: restrict it by isv_prod_id and minimum_isv_svn."),
    KEY("sgx.isv_prod_id", KEY_OPTIONAL, sgx.isv_prod_id, "any",
        "Without it every product of the signer passes."),
    KEY("sgx.minimum_isv_svn", KEY_UINT, sgx.minimum_isv_svn, "0",
        "Lower, and old versions of the enclave pass, with their faults."),
    HEX("sgx.config_id", sgx.config_id, 64,
        "Without it the host chooses the enclave's configuration."),
    KEY("sgx.minimum_config_svn", KEY_UINT, sgx.minimum_config_svn, "0",
        "Lower, and old configurations pass."),
    HEX("sgx.family_id", sgx.family_id, 16,
        "Without it an enclave of any family passes."),
    HEX("sgx.ext_prod_id", sgx.ext_prod_id, 16,
        "Without it an enclave with any extended product id passes."),
    KEY("sgx.attributes", KEY_MASKED, sgx.attributes, "none",
        "Bits outside the mask are not compared; debug and key access have keys of their own."),
    KEY("sgx.xfrm", KEY_MASKED, sgx.xfrm, "none",
        "Bits outside the mask are not compared: the host chooses the CPU features."),
    KEY("sgx.misc_select", KEY_MASKED, sgx.misc_select, "none",
        "Bits outside the mask are not compared."),
    KEY("sgx.debug", KEY_BOOL, sgx.debug, "false",
        "With true, enclaves pass whose memory the host can read and write."),
    KEY("sgx.provision_key", KEY_BOOL, sgx.provision_key, "false",
        "With true, enclaves pass that may derive keys that identify the machine or launch others."),
    INTEL("sgx", sgx)

    HEXES("tdx.mrtds", tdx.mrtds, 48,
        "Without it any TD passes: identity is \"any\"."),
    HEXES("tdx.rtmr0", tdx.rtmrs[0], 48,
        "Without it any virtual firmware configuration passes."),
    HEXES("tdx.rtmr1", tdx.rtmrs[1], 48,
        "Without it any kernel passes."),
    HEXES("tdx.rtmr2", tdx.rtmrs[2], 48,
        "Without it any command line and initial file system pass."),
    HEXES("tdx.rtmr3", tdx.rtmrs[3], 48,
        "Without it any application passes."),
    HEXES("tdx.mrseams", tdx.mrseams, 48,
        "Without it any TDX module that Intel signed passes, as its TCB level allows."),
    HEX("tdx.mr_config_id", tdx.mr_config_id, 48,
        "Without it the host chooses the TD's configuration."),
    HEX("tdx.mr_owner", tdx.mr_owner, 48,
        "Without it the TD may belong to anybody."),
    HEX("tdx.mr_owner_config", tdx.mr_owner_config, 48,
        "Without it the owner's configuration may be any."),
    HEX("tdx.mr_service_td", tdx.mr_service_td, 48,
        "Without it any service TD may be bound, such as one that migrates the TD."),
    KEY("tdx.attributes", KEY_MASKED, tdx.attributes, "none",
        "Bits outside the mask are not compared; debug has a key of its own."),
    KEY("tdx.xfam", KEY_MASKED, tdx.xfam, "none",
        "Bits outside the mask are not compared: the host chooses the CPU features."),
    KEY("tdx.debug", KEY_BOOL, tdx.debug, "false",
        "With true, TDs pass whose memory the host can read and write."),
    KEY("tdx.migration", KEY_BOOL, tdx.migration, "false",
        "With true, TDs pass that a service TD can move to any machine: name it in mr_service_td."),
    INTEL("tdx", tdx)
};
/* clang-format on */

const size_t policy_key_count = ARRAY_COUNT(policy_keys);

const struct policy_key *policy_key_find(const char *name)
{
    for (size_t i = 0; i < policy_key_count; i++) {
        if (strcmp(policy_keys[i].name, name) == 0)
            return &policy_keys[i];
    }
    return NULL;
}
