/* chain.h: private to audit: the hash that links one event to the one before. */
#pragma once

#include "base/str.h"

#define CHAIN_START "0000000000000000000000000000000000000000000000000000000000000000"

/* SM3(previous, '\n', body) as 64 hex digits. */
void chain_hash(Str previous, Str body, char ret_hex[static 65]);
