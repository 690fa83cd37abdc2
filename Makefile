# SPDX-License-Identifier: Apache-2.0
# One Makefile. A folder may include only what its line in "who may include whom"
# names: every file is compiled with a folder of links to just those folders as
# its include path, so a breach does not compile.

VERSION := 0.1.0
BUILD   := build
PREFIX  ?= /usr/local

CC       ?= gcc
WARN     := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror
OPTIMISE ?= -O2
HARDEN   := -fstack-protector-strong -fcf-protection -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS   := -std=gnu11 $(OPTIMISE) $(WARN) $(HARDEN) -ffunction-sections -fdata-sections \
            -ffile-prefix-map=$(CURDIR)=. -DENARX_VERSION='"$(VERSION)"'
LDFLAGS  := -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--build-id=none

# ---- who may include whom ----

FOLDERS       := base crypto conf shim/core exec/vfs exec/wasi exec host host/nil host/cli
may_base      := base
may_crypto    := base crypto
may_conf      := base conf
may_shim/core := base include shim/core
may_exec/vfs  := base exec/vfs
may_exec/wasi := base exec/vfs exec/wasi
may_exec      := base include crypto conf exec
may_host      := base include crypto conf shim/core host
may_host/nil  := base include shim/core host
may_host/cli  := base include crypto conf host

# ---- what each program is made of ----

sources      = $(wildcard $(1)/*.c) $(wildcard $(1)/*.S)
objects      = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))
SHARED      := base crypto conf
EXEC_OBJS   := $(call objects,$(foreach f,$(SHARED) exec/vfs exec/wasi exec,$(call sources,$(f))))
HOST_OBJS   := $(call objects,$(foreach f,$(SHARED) shim/core host host/nil host/cli,$(call sources,$(f))))

.PHONY: all demo check check-long fuzz fuzz-report bench lint install uninstall clean
.DELETE_ON_ERROR:
all: $(BUILD)/enarx

$(BUILD)/may: Makefile
	@rm -rf $@ && mkdir -p $@
	@$(foreach f,$(FOLDERS),$(foreach m,$(may_$(f)),mkdir -p $@/$(f)/$(dir $(m)) && \
	    ln -sfn $(CURDIR)/$(m) $@/$(f)/$(m) && )) true

# The engine is built once per machine, in a cache folder; this is a link to it.
$(BUILD)/engine: engine/Cargo.toml engine/Cargo.lock engine/lib.rs tools/engine
	@mkdir -p $(BUILD)
	@dir=$$(tools/engine) && ln -sfn "$$dir" $@ && touch -h $@

$(BUILD)/obj/%.o: %.c $(BUILD)/may
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(INCLUDES) -I$(BUILD)/may/$(patsubst %/,%,$(dir $<)) -MMD -MP -c $< -o $@

$(BUILD)/obj/%.o: %.S $(BUILD)/may
	@mkdir -p $(@D)
	$(CC) $(DEFINES) -I$(BUILD)/may/$(patsubst %/,%,$(dir $<)) -MMD -MP -c $< -o $@

$(BUILD)/obj/exec/%.o: INCLUDES = -isystem $(BUILD)/engine/include
$(filter $(BUILD)/obj/exec/%,$(EXEC_OBJS)): | $(BUILD)/engine

$(BUILD)/exec: $(EXEC_OBJS) $(BUILD)/engine
	$(CC) -static-pie $(LDFLAGS) -Wl,-s -o $@ $(EXEC_OBJS) $(BUILD)/engine/libengine.a \
	    -lcrypto -lm 2> $(BUILD)/exec.link || { cat $(BUILD)/exec.link >&2; exit 1; }

$(BUILD)/exec.sha256: $(BUILD)/exec
	@sha256sum $< | cut -c1-64 | xxd -r -p > $@ 2>/dev/null || \
	    python3 -c "import hashlib,sys;sys.stdout.buffer.write(hashlib.sha256(open('$<','rb').read()).digest())" > $@

$(BUILD)/obj/host/exec_image_data.o: $(BUILD)/exec $(BUILD)/exec.sha256
$(BUILD)/obj/host/exec_image_data.o: DEFINES = -DEXEC_FILE='"$(BUILD)/exec"' -DEXEC_DIGEST_FILE='"$(BUILD)/exec.sha256"'

$(BUILD)/enarx: $(HOST_OBJS)
	$(CC) -pie $(LDFLAGS) -o $@ $(HOST_OBJS) \
	    -Wl,-Bstatic -lcrypto -ljansson -lseccomp -Wl,-Bdynamic

-include $(EXEC_OBJS:.o=.d) $(HOST_OBJS:.o=.d)
