// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin && !ios

#include "textflag.h"

TEXT procPIDInfo<>(SB), NOSPLIT, $0-0
	JMP libc_proc_pidinfo(SB)

GLOBL ·procPIDInfoTrampoline(SB), RODATA, $8
DATA ·procPIDInfoTrampoline(SB)/8, $procPIDInfo<>(SB)
