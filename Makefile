# SPDX-License-Identifier: Apache-2.0
# One Makefile. A folder may include only what its line in "who may include whom"
# names: every file is compiled with a folder of links to just those folders as
# its include path, so a breach does not compile.

VERSION := 0.1.0
BUILD   := build
PREFIX  ?= /usr/local

ifeq ($(origin CC),default)
CC := gcc
endif
WARN     := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror
OPTIMISE ?= -O2
HARDEN   := -fstack-protector-strong -fcf-protection -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS   := -std=gnu11 $(OPTIMISE) $(WARN) $(HARDEN) -ffunction-sections -fdata-sections \
            -ffile-prefix-map=$(CURDIR)=. -DENARX_VERSION='"$(VERSION)"'
LDFLAGS  := -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--build-id=none

# `make V=1` shows the commands.
Q   := $(if $(V),,@)
say  = @$(if $(V),true,echo "  $(1)	$(2)")

# ---- who may include whom ----

FOLDERS       := tools base crypto attest conf channel tls net shim/core shim/x86 shim/sgx shim/kvm exec/vfs \
                 exec/wasi exec host host/nil host/sgx host/kvm sim/sgx host/deploy svc/agent \
                 svc/steward host/cli
may_tools     := base host shim/core shim/x86
may_base      := base
may_crypto    := base crypto
may_attest    := base crypto attest
may_conf      := base attest conf
may_channel   := base include channel
may_tls       := base crypto tls
may_net       := base attest host net
may_shim/core := base include shim/core shim/x86
may_shim/x86  := base shim/core shim/x86
may_shim/sgx  := base include shim/core shim/x86 shim/sgx
may_shim/kvm  := base include shim/core shim/x86 shim/kvm
may_exec/vfs  := base exec/vfs
may_exec/wasi := base exec/vfs exec/wasi
may_exec      := base include crypto attest conf channel tls exec
may_host      := base include crypto attest conf shim/core host
may_host/nil  := base include shim/core host
may_host/sgx  := base include crypto shim/core host
may_host/kvm  := base include shim/core host
may_sim/sgx   := base include crypto host sim/sgx
may_host/deploy := base include crypto attest conf channel tls net host
may_svc/agent := base include crypto conf host net svc/agent
may_svc/steward := base crypto attest conf host net svc/steward
may_host/cli  := base include crypto attest conf channel tls net host svc

# ---- what each program is made of ----

sources      = $(wildcard $(1)/*.c) $(wildcard $(1)/*.S)
objects      = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))
SHARED      := base crypto conf channel tls
EXEC_OBJS   := $(call objects,$(foreach f,$(SHARED) attest exec/vfs exec/wasi exec,$(call sources,$(f))))
HOST_OBJS   := $(call objects,$(foreach f,$(SHARED) attest net host host/nil host/sgx host/kvm sim/sgx host/deploy \
               svc/agent svc/steward host/cli,\
               $(call sources,$(f))) shim/core/port.c shim/core/shared.c)
HOST_LIBS   := -Wl,-Bstatic -lssl -lcrypto -ljansson -lseccomp -Wl,-Bdynamic

.PHONY: all demo check check-long check-checklist check-reproducible check-portable
.PHONY: check-differential fuzz fuzz-report bench bench-attest bench-steward lint install uninstall clean
.DELETE_ON_ERROR:
all: $(BUILD)/enarx $(BUILD)/enarx.1 $(BUILD)/enarx.bash $(BUILD)/libattest.a \
    $(BUILD)/examples/verify

$(BUILD)/may: Makefile
	@rm -rf $@ && mkdir -p $@
	@$(foreach f,$(FOLDERS),$(foreach m,$(may_$(f)),mkdir -p $@/$(f)/$(dir $(m)) && \
	    ln -sfn $(CURDIR)/$(m) $@/$(f)/$(m) && )) true

# The engine is built once per machine, in a cache folder; $(BUILD)/engine is a link
# to it. The time that counts is that of the linking, not that of the folder.
ENGINE := $(BUILD)/engine.linked
$(ENGINE): engine/Cargo.toml engine/Cargo.lock engine/lib.rs tools/engine
	@mkdir -p $(BUILD)
	@dir=$$(tools/engine) && ln -sfn "$$dir" $(BUILD)/engine && touch $@

$(BUILD)/obj/%.o: %.c $(BUILD)/may
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -I$(BUILD)/may/$(patsubst %/,%,$(dir $<)) -MMD -MP -c $< -o $@

$(BUILD)/obj/%.o: %.S $(BUILD)/may
	@mkdir -p $(@D)
	$(call say,as,$<)
	$(Q)$(CC) $(DEFINES) -I$(BUILD)/may/$(patsubst %/,%,$(dir $<)) -MMD -MP -c $< -o $@

$(BUILD)/obj/exec/%.o: INCLUDES = -isystem $(BUILD)/engine/include
$(filter $(BUILD)/obj/exec/%,$(EXEC_OBJS)): | $(ENGINE)

# exec as a keep runs it, and with its symbols, for tools/check-binaries.
$(BUILD)/exec: NAMES := -Wl,-s
$(BUILD)/exec.sym: NAMES := -Wl,-Map=$(BUILD)/exec.sym.map
# Relative relocations are packed (glibc 2.36): exec applies 30,000 at its start, and
# their table would be pages to read, in an enclave to bring in and hash.
$(BUILD)/exec $(BUILD)/exec.sym: $(EXEC_OBJS) $(ENGINE) exec/order.lds
	$(call say,link,$@)
	$(Q)$(CC) -static-pie $(LDFLAGS) -Wl,-z,pack-relative-relocs -Wl,-T,exec/order.lds $(NAMES) \
	    -o $@ $(EXEC_OBJS) $(BUILD)/engine/libengine.a -lssl -lcrypto -ljansson -lm \
	    2> $@.link || { cat $@.link >&2; exit 1; }

$(BUILD)/%.sha256: $(BUILD)/%
	@sha256sum $< | cut -c1-64 | xxd -r -p > $@ 2>/dev/null || \
	    python3 -c "import hashlib,sys;sys.stdout.buffer.write(hashlib.sha256(open('$<','rb').read()).digest())" > $@

$(BUILD)/obj/host/exec_image_data.o: $(BUILD)/exec $(BUILD)/exec.sha256 $(BUILD)/exec.tree
$(BUILD)/obj/host/exec_image_data.o: DEFINES = -DEXEC_FILE='"$(BUILD)/exec"' \
    -DEXEC_DIGEST_FILE='"$(BUILD)/exec.sha256"' -DEXEC_TREE_FILE='"$(BUILD)/exec.tree"'

$(BUILD)/obj/svc/agent/page_data.o: svc/agent/page.html

$(BUILD)/obj/host/sgx/shim_file_data.o: $(BUILD)/shim-sgx
$(BUILD)/obj/host/sgx/shim_file_data.o: DEFINES = -DSHIM_SGX_FILE='"$(BUILD)/shim-sgx"'
$(BUILD)/obj/host/kvm/shim_file_data.o: $(BUILD)/shim-kvm.flat $(BUILD)/shim-kvm.flat.sha256
$(BUILD)/obj/host/kvm/shim_file_data.o: DEFINES = -DSHIM_KVM_FILE='"$(BUILD)/shim-kvm.flat"' \
    -DSHIM_KVM_DIGEST_FILE='"$(BUILD)/shim-kvm.flat.sha256"'

# The smallest enclave, for tests.
$(BUILD)/tests/sgx/enclave: tests/sgx/enclave.S tests/sgx/enclave.ld
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) -c -o $@.o $<
	$(Q)$(LD) -static -z max-page-size=4096 --build-id=none -T tests/sgx/enclave.ld -o $@ $@.o

$(BUILD)/enarx: $(HOST_OBJS)
	$(call say,link,$@)
	$(Q)$(CC) -pie $(LDFLAGS) -o $@ $(HOST_OBJS) $(HOST_LIBS)

# ---- shims: what a keep runs below exec ----
# Freestanding, position-independent without relocations, and small: it is measured.

OBJCOPY    ?= objcopy
SHIM_FLAGS := -std=gnu11 -Os $(WARN) -Wframe-larger-than=2048 -ffreestanding -fpie -mgeneral-regs-only \
              -mno-red-zone -include shim/x86/hidden.h -fno-stack-protector -fcf-protection=none -fno-jump-tables \
              -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -ffunction-sections \
              -ffile-prefix-map=$(CURDIR)=.
SHIM_LINK     := -nostdlib -Wl,-z,norelro,-z,noexecstack,--build-id=none,--gc-sections \
                 -Wl,-z,max-page-size=4096,--orphan-handling=error
SHIM_LINK_sgx := $(SHIM_LINK) -static-pie -Wl,--no-dynamic-linker,-z,text,-T,shim/sgx/shim.lds
SHIM_LINK_kvm := $(SHIM_LINK) -static -no-pie -Wl,-T,shim/kvm/shim.lds
# A shim has its own shared.c where what is outside must be read in a way of its own.
SHIM_CORE  := $(filter-out shim/core/shared.c,$(call sources,shim/core)) $(call sources,shim/x86) base/wipe.c
SHIM_sgx   := $(basename $(SHIM_CORE) $(call sources,shim/sgx))
SHIM_kvm   := $(basename $(SHIM_CORE) shim/core/shared.c $(call sources,shim/kvm))
SHIMS      := sgx kvm

# $(1): folder of objects and end of the image's name; $(2): flags beside the usual ones.
define shim_rules
$(BUILD)/shim$(1)/%.o: %.c $(BUILD)/may
	@mkdir -p $$(@D)
	$$(call say,cc,$$< for shim$(1))
	$$(Q)$$(CC) $$(SHIM_FLAGS) $(2) -I$(BUILD)/may/$$(patsubst %/,%,$$(dir $$<)) -MMD -MP -c $$< -o $$@

$(BUILD)/shim$(1)/%.o: %.S $(BUILD)/may
	@mkdir -p $$(@D)
	$$(call say,as,$$<)
	$$(Q)$$(CC) $(2) -I$(BUILD)/may/$$(patsubst %/,%,$$(dir $$<)) -MMD -MP -c $$< -o $$@

$(BUILD)/shim$(1)/exec_image.o: $(BUILD)/exec_image.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(SHIM_FLAGS) -I$(BUILD)/may/shim/core -c $$< -o $$@

$(foreach t,$(SHIMS),$(call shim_link_rules,$(1),$(t),$(BUILD)/shim$(1)/exec_image.o,$(BUILD)))
-include $(sort $(foreach t,$(SHIMS),$(SHIM_$(t):%=$(BUILD)/shim$(1)/%.d)))
endef

# $(1): as above; $(2): technology; $(3): object that says what exec is; $(4): folder.
define shim_link_rules
$(4)/shim-$(2)$(1): $(3) $(SHIM_$(2):%=$(BUILD)/shim$(1)/%.o) shim/$(2)/shim.lds
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(SHIM_LINK_$(2)) -o $$@ $$(filter %.o,$$^)

endef

# As a virtual machine has it in memory.
%.flat: %
	$(Q)$(OBJCOPY) -O binary $< $@

$(eval $(call shim_rules))
# For debugging: undefined behaviour ends the keep. And, for tools/checklist-shim, without one
# check of shim/core/check.h: `make WITHOUT=NAME build/shim-sgx-without-NAME`.
$(eval $(call shim_rules,-ubsan,-fsanitize=undefined -fsanitize-undefined-trap-on-error -Wno-frame-larger-than))
$(if $(WITHOUT),$(eval $(call shim_rules,-without-$(WITHOUT),-DWITHOUT=CHECK_$(WITHOUT) -DWITHOUT_$(WITHOUT))))

EXEC_TREE_OBJS := $(call objects,tools/exec_tree.c shim/core/tree.c shim/core/sha256.c shim/core/shared.c \
                  shim/x86/sha256.c shim/x86/sha_ni.S)
$(BUILD)/exec_tree: $(EXEC_TREE_OBJS)
	$(Q)$(CC) -pie -o $@ $(EXEC_TREE_OBJS)

$(BUILD)/exec_image.c $(BUILD)/exec.tree &: $(BUILD)/exec $(BUILD)/exec_tree
	$(call say,make,$(BUILD)/exec.tree)
	$(Q)$(BUILD)/exec_tree $(BUILD)/exec $(BUILD)/exec.tree > $(BUILD)/exec_image.c

# ---- the verifier as a library ----

ATTEST_OBJS    := $(call objects,$(foreach f,base crypto attest,$(call sources,$(f))))
ATTEST_HEADERS := attest/attest.h attest/check.h attest/claims.h attest/policy.h base/attr.h base/cur.h
ATTEST_PUBLIC  := attest_* policy_* check_info claims_* *_field_table bytes_* cur_* tcb_status_text \
                  tcb_status_parse $(addsuffix _text,kind product verdict signature collateral \
                  identity outcome)
$(BUILD)/obj/attest/anchors_data.o: $(wildcard attest/anchors/*.der)

$(BUILD)/libattest.a: $(ATTEST_OBJS)
	$(call say,ar,$@)
	$(Q)$(LD) -r -o $(@:.a=.o) $(ATTEST_OBJS)
	$(Q)$(OBJCOPY) --wildcard $(ATTEST_PUBLIC:%=--keep-global-symbol='%') $(@:.a=.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $(@:.a=.o)

$(BUILD)/examples/verify: examples/verify/verify.c $(BUILD)/libattest.a
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) -I. -pie -o $@ $< $(BUILD)/libattest.a -ljansson -lcrypto

# ---- manual, completion, installation ----

DOCGEN_OBJS := $(call objects,tools/docgen.c $(addprefix host/cli/,command.c commands.c commands_attest.c commands_deploy.c \
    commands_host.c commands_key.c commands_steward.c docs.c man.c completion.c) \
    base/nearest.c base/cur.c)
$(BUILD)/docgen: tools/docgen.c $(filter $(BUILD)/obj/%,$(DOCGEN_OBJS))
	$(Q)$(CC) -pie -o $@ $(DOCGEN_OBJS)

$(BUILD)/enarx.1: $(BUILD)/docgen
	$(call say,make,$@)
	$(Q)$< man > $@
$(BUILD)/enarx.bash: $(BUILD)/docgen
	$(call say,make,$@)
	$(Q)$< completion > $@

# Quoted, for folders with spaces.
INSTALLED := "$(DESTDIR)$(PREFIX)"
install: all
	install -D -m 755 $(BUILD)/enarx $(INSTALLED)/bin/enarx
	install -D -m 644 $(BUILD)/enarx.1 $(INSTALLED)/share/man/man1/enarx.1
	install -D -m 644 $(BUILD)/enarx.bash $(INSTALLED)/share/bash-completion/completions/enarx
	install -D -m 644 $(BUILD)/libattest.a $(INSTALLED)/lib/libattest.a
	install -D -m 644 attest/libattest.pc.in $(INSTALLED)/lib/pkgconfig/libattest.pc
	sed -i 's,@PREFIX@,$(PREFIX),; s,@VERSION@,$(VERSION),' $(INSTALLED)/lib/pkgconfig/libattest.pc
	for h in $(ATTEST_HEADERS); do \
	    install -D -m 644 $$h $(INSTALLED)/include/enarx/$$h || exit 1; done

uninstall:
	rm -f $(INSTALLED)/bin/enarx $(INSTALLED)/share/man/man1/enarx.1 \
	    $(INSTALLED)/share/bash-completion/completions/enarx \
	    $(INSTALLED)/lib/libattest.a $(INSTALLED)/lib/pkgconfig/libattest.pc \
	    $(addprefix $(INSTALLED)/include/enarx/,$(ATTEST_HEADERS))
	cd $(INSTALLED)/include 2>/dev/null && rmdir -p enarx/attest enarx/base 2>/dev/null; true

clean:
	rm -rf $(BUILD)

# ---- tests ----
# A test names what it links with in a comment: "links: FILE..." and "libs: -lX...".

SANITISE   := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TEST_FLAGS := -std=gnu11 -g -O1 $(WARN) -I. -DENARX_VERSION='"$(VERSION)"' $(SANITISE)
UNIT       := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*_test.c))
FUZZ       := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))
links       = $(shell sed -n 's|^.*links: *\(.*[^ ]\) *\*/.*|\1|p' $(1))
libs        = $(shell sed -n 's|^.*libs: *\(.*[^ ]\) *\*/.*|\1|p' $(1))

define test_rule
$(BUILD)/$(1:.c=): $(1) $(call links,$(1)) $(2)
	@mkdir -p $$(@D)
	$$(call say,cc,$(1))
	$$(Q)$(3) $$(TEST_FLAGS) -MM -MP -MT $$@ $(1) $(call links,$(1)) > $$@.d
	$$(Q)printf '%s:\n' $(1) $(call links,$(1)) >> $$@.d
	$$(Q)$(3) $$(TEST_FLAGS) -o $$@ $(1) $(call links,$(1)) $(4) $(call libs,$(1))
-include $(BUILD)/$(1:.c=).d
endef
$(foreach t,$(wildcard tests/unit/*_test.c),$(eval $(call test_rule,$(t),,$(CC),-lcmocka)))
$(foreach t,$(wildcard tests/fuzz/*.c),$(eval $(call test_rule,$(t),,clang,-fsanitize=fuzzer)))
# A hundred thousand verifications: without sanitizers, which the unit tests have.
MUTATION := $(BUILD)/tests/attest/mutation
$(foreach t,tests/attest/mutation tests/attest/differential bench/attest,$(eval \
    $(call test_rule,$(t).c,,$(CC),-O2 -fno-sanitize=all)))
# Owners and keeps that are not what they should be.
DEPLOY     := $(BUILD)/tests/deploy/owner $(BUILD)/tests/deploy/impostor
$(foreach t,$(DEPLOY:$(BUILD)/%=%.c),$(eval $(call test_rule,$(t),,$(CC))))
# Enters the model's enclave, whose signals a sanitizer would take.
MODEL      := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/model/*_test.c))
$(foreach t,$(MODEL:$(BUILD)/%=%.c),$(eval \
    $(call test_rule,$(t),,$(CC),-O2 -fno-sanitize=all -lcmocka)))
$(eval $(call test_rule,bench/model.c,,$(CC),-O2 -fno-sanitize=all))
# Applicants for a steward's certificates.
APPLICANT  := $(BUILD)/tests/steward/applicant
$(foreach t,tests/steward/applicant bench/steward,$(eval $(call test_rule,$(t).c,,$(CC),-O2 -fno-sanitize=all)))
# The command with other sources, $(2), and without some of its objects or functions.
# $(1): the program; $(3): functions; $(4): a pattern of objects.
define variant_rule
$(BUILD)/$(1): $(2) $(HOST_OBJS)
	@mkdir -p $$(@D)
	$$(call say,link,$$@)
	$$(Q)$(CC) $$(CFLAGS) -I. -pie $(LDFLAGS) $(3:%=-Wl,--wrap=%) -o $$@ $$(filter-out $(4),$$^) $(HOST_LIBS)
endef
# With the model's switches; with a keep that does what its visitor says, for tests of the
# agent; with keeps that leak, and with keeps that only give and take bytes; with a clock
# at each step of a deployment; with a rule of a filter that ends who needs it.
MODEL_ENARX := $(BUILD)/tests/model/enarx
ROGUE_ENARX := $(BUILD)/tests/agent/enarx
LEAKY_ENARX := $(BUILD)/tests/deploy/enarx
RULE_ENARX  := $(BUILD)/tests/sandbox/enarx
$(eval $(call variant_rule,tests/model/enarx,tests/model/switches.c,_exit port_host_serve))
$(eval $(call variant_rule,tests/agent/enarx,tests/agent/rogue.c,,$(BUILD)/obj/host/nil/%))
# The same agent, for tests/agent/without, lacking one check of host/check.h or
# svc/agent/check.h: `make WITHOUT=NAME build/tests/agent/enarx-without-NAME`.
WITHOUT_OF := $(if $(WITHOUT),$(shell grep -lE 'CHECK(ED)?.$(WITHOUT),' svc/agent/*.c host/*.c))
$(if $(WITHOUT_OF),$(eval $(call variant_rule,tests/agent/enarx-without-$(WITHOUT),tests/agent/rogue.c \
    $(WITHOUT_OF),,$(BUILD)/obj/host/nil/% $(WITHOUT_OF:%.c=$(BUILD)/obj/%.o))))
$(BUILD)/tests/agent/enarx-without-$(WITHOUT): private CFLAGS += -DWITHOUT=CHECK_$(WITHOUT)
$(eval $(call variant_rule,tests/sandbox/enarx,tests/sandbox/one_rule.c,seccomp_rule_add seccomp_rule_add_array \
    sandbox_close_others))
$(eval $(call variant_rule,tests/deploy/enarx,tests/deploy/leaky.c,keep_become port_host_serve))
$(eval $(call variant_rule,bench/relay_agent,bench/relay_agent.c bench/relay_keep.c,keep_become))
$(eval $(call variant_rule,bench/deploy_steps,bench/deploy_steps.c bench/deploy_counters.c,_exit keep_become remote_ask \
    remote_channel owner_challenge owner_appraise owner_loaded owner_take))
$(BUILD)/bench/relay_client: bench/relay_client.c base/put.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -std=gnu11 $(WARN) -I. -o $@ $^ -lssl -lcrypto
$(BUILD)/bench/relay_socket: bench/relay_socket.c bench/relay_keep.c base/cur.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -std=gnu11 $(WARN) -I. -o $@ $^
BENCH_DEPLOY := $(addprefix $(BUILD)/bench/,relay_agent relay_client relay_socket deploy_steps)

# Keeps under attack: a guest in exec's place, a shim made for it, and a host that lies.
KEEP        := $(BUILD)/tests/keep
GUEST_FLAGS := -std=gnu11 -O1 $(WARN) -ffreestanding -fPIE -mno-red-zone -fno-stack-protector \
               -fcf-protection=none -fno-asynchronous-unwind-tables -fno-jump-tables \
               -include shim/x86/hidden.h -I.
GUEST_OBJS  := $(patsubst %,$(BUILD)/%.o,$(basename $(wildcard tests/keep/guest*.c) tests/keep/register_probe.S))
$(KEEP)/%.o: tests/keep/%.c $(wildcard tests/keep/guest*.h) shim/core/syscalls.h include/port.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_FLAGS) -c -o $@ $<
$(KEEP)/%.o: tests/keep/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) -c -o $@ $<
$(KEEP)/guest: $(GUEST_OBJS) tests/keep/guest.lds
	$(call say,link,$@)
	$(Q)$(CC) -nostdlib -static-pie -Wl,--no-dynamic-linker,-z,norelro,-z,noexecstack,--build-id=none \
	    -Wl,-z,max-page-size=4096,-T,tests/keep/guest.lds -o $@ $(GUEST_OBJS)
$(KEEP)/guest_image.c $(KEEP)/guest.tree &: $(KEEP)/guest $(BUILD)/exec_tree
	$(Q)$(BUILD)/exec_tree $< $(KEEP)/guest.tree > $(KEEP)/guest_image.c
# The shim around the guest; with WITHOUT=NAME, lacking that check; with UBSAN=1, for debugging.
KEEP_KIND   := $(if $(WITHOUT),-without-$(WITHOUT))$(if $(UBSAN),-ubsan)
KEEP_SHIM   := $(KEEP)/shim-sgx$(KEEP_KIND)
$(KEEP)/guest_image.o: $(KEEP)/guest_image.c
	$(Q)$(CC) $(SHIM_FLAGS) -I$(BUILD)/may/shim/core -c $< -o $@
$(foreach t,$(SHIMS),$(eval $(call shim_link_rules,$(KEEP_KIND),$(t),$(KEEP)/guest_image.o,$(KEEP))))
$(KEEP)/keep: $(wildcard tests/keep/[!g]*.c) tests/keep/dirty.S $(wildcard tests/keep/*.h) $(BUILD)/host.a
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) -std=gnu11 -g -O1 $(WARN) -I. -o $@ $(filter %.c %.S %.a,$^) -lssl -lcrypto -ljansson -lseccomp
$(BUILD)/host.a: $(HOST_OBJS)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter-out $(BUILD)/obj/host/cli/%,$(HOST_OBJS))
.PHONY: check-keep
check-keep: $(KEEP)/keep $(KEEP_SHIM)
	@$(KEEP)/keep sgx $(KEEP_SHIM) $(KEEP)/guest $(KEEP)/guest.tree $(ATTEMPTS)

# What runs in the machine of check-kvm.
CHECK_KVM := $(KEEP)/keep $(KEEP)/shim-kvm.flat $(KEEP)/guest.tree \
    $(BUILD)/tests/kvm/count $(BUILD)/tests/kvm/hostile $(DEPLOY) $(RULE_ENARX)
$(BUILD)/tests/kvm/count: tests/kvm/count.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O1 $(WARN) -static -o $@ $<
HOSTILE := tests/kvm/hostile.c tests/kvm/hostile_guests.S host/kvm/vm.c host/kvm/turn.c
$(BUILD)/tests/kvm/hostile: $(HOSTILE) host/kvm/vm.h host/kvm/turn.h include/kvm_keep.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O1 $(WARN) -I. -static -o $@ $(HOSTILE)
# All of tests/e2e that can run there with the second; hours.
.PHONY: check-kvm check-kvm-all
check-kvm check-kvm-all:
	@tools/setup kvm
	@$(MAKE) --no-print-directory -j$$(nproc) all $(CHECK_KVM)
	@tools/check-kvm $(if $(filter %-all,$@),--all)

.PHONY: tests
tests: $(UNIT) $(FUZZ) $(MUTATION) $(MODEL) $(MODEL_ENARX) $(APPLICANT) $(ROGUE_ENARX) $(DEPLOY) $(LEAKY_ENARX) \
    $(BUILD)/exec.sym $(KEEP)/keep $(KEEP_SHIM) $(CHECK_KVM)

demo:
	@tools/setup demo
	@$(MAKE) --no-print-directory all
	@tools/demo

# What CI runs.
check:
	@tools/setup check
	@$(MAKE) --no-print-directory -j$$(nproc) all tests
	@tools/check

# Everything: half an hour on two idle cores. What was stopped goes on with the sets left:
# build/tests/attest/mutation --all SET...
check-long: check
	@$(MUTATION) --all

check-checklist:
	@tools/checklist
	@tools/checklist-shim
	@tools/checklist-deploy
	@tools/checklist-host

check-differential: $(BUILD)/tests/attest/differential
	@tools/differential

# Builds what is measured twice from nothing, and compares.
check-reproducible:
	@tools/setup demo
	@tools/reproducible

check-portable:
	@tools/setup portable || true
	@tools/portable

lint: $(ENGINE)
	@tools/lint

bench: all $(BENCH_DEPLOY)
	@bench/run $(BENCHFLAGS)
	@$(MAKE) --no-print-directory bench-attest bench-steward

bench-attest: $(BUILD)/bench/attest
	@$< "$$(tools/peers)" > $<.md
	@cat bench/attest_notes.md >> $<.md
	@cp $<.md docs/bench/ && cat $<.md

bench-steward: $(BUILD)/bench/steward all
	@{ echo '# Certificates by a steward'; echo; $< 2> $<.err; } > $<.md || { cat $<.err; exit 1; }
	@cp $<.md docs/bench/ && cat $<.md

# FUZZ_TIME seconds for each target.
FUZZ_TIME ?= 60
fuzz: $(FUZZ)
	@for t in $(notdir $(FUZZ)); do echo "== $$t"; \
	    mkdir -p $(BUILD)/tests/fuzz/$$t.found; \
	    $(BUILD)/tests/fuzz/$$t -max_total_time=$(FUZZ_TIME) -artifact_prefix=$(BUILD)/tests/fuzz/$$t- \
	        $(BUILD)/tests/fuzz/$$t.found tests/fuzz/corpus/$$t || exit 1; done
fuzz-report:
	@tools/fuzz-report

-include $(EXEC_OBJS:.o=.d) $(HOST_OBJS:.o=.d) $(EXEC_TREE_OBJS:.o=.d)
