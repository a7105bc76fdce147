/* lex.h: the words of an expression, private to src/expr. */
#pragma once

#include "base/arena.h"
#include "base/diags.h"

typedef enum {
    T_END, T_NAME, T_NUMBER, T_TEXT, T_OPEN, T_CLOSE, T_COMMA, T_PLUS, T_MINUS, T_TIMES, T_OVER, T_JOIN, T_EQ, T_NE, T_LT, T_LE, T_GT, T_GE,
    /* words of the language */
    T_AND, T_OR, T_NOT, T_IS, T_NULL, T_TRUE, T_FALSE, T_BETWEEN, T_IN, T_LIKE, T_CASE, T_WHEN, T_THEN, T_ELSE, T_STOP /* `end` */,
} TokenKind;

typedef struct {
    TokenKind kind;
    uint32_t from, to;
    Str text; /* as written; of T_TEXT what it says, quotes taken off */
} Token;

/* In any letter case. */
bool lex_is_word(Str name, Str word);

/* The next token at *at, which moves behind it. False and a finding for what is none. */
bool lex_next(Str text, size_t *at, Arena *arena, Diags *diags, Token *ret_token);
