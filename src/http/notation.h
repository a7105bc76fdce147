/* notation.h: private to http: what the columns of the route table are written in, read piece by piece. */
#pragma once

#include "http/router.h"

/* Takes the next word (no spaces) off; false at the end. */
bool notation_word(Str *rest, Str *ret_word);

/* One parameter, "name", "name:type", "name+:type"; `otherwise` is the type of one that names none. A mistake ends the program. */
Param notation_param(Str word, ParamType otherwise);

/* Whether `value` is one of the words of "a|b|c". */
bool notation_has_choice(Str words, Str value);

/* Whether a value is of a parameter's type. */
bool param_check(const Param *param, Str value);

/* The name of a type, for messages: "a uid", "a date (2026-11-22)". */
const char *param_expected(ParamType type);
