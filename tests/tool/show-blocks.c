/* Shows what the first stages of the reader make of a file: its form and encoding, the page's fields, one block a line. */

#include <stdio.h>

#include "doc/stages.h"

static void show_facts(const Blocks *blocks, BlockRange range, Arena *arena, Diags *diags)
{
    DocFacts facts = facts_find(blocks, range, arena, diags);
    char day[DATE_TEXT_MAX] = "";
    if (facts.issued != DATE_NONE)
        date_format(facts.issued, day);
    printf("[%zu,%zu) kind %d, title " STR_FMT " | no " STR_FMT " | issuer " STR_FMT " | issued %s | year %d | body [%zu,%zu) | signature %zu\n",
           range.from, range.to, (int) facts.kind, STR_ARG(facts.title.text), STR_ARG(facts.doc_no.text), STR_ARG(facts.issuer.text),
           day, facts.plan_year, facts.body.from, facts.body.to, facts.signature.from);
}

static void show(const DocText *text, const Blocks *blocks, Arena *arena)
{
    printf("form %d, %s, %zu bytes, sha256 %s\n", (int) text->form, text->encoding, text->text.n, text->sha256);
    for (size_t i = 0; i < blocks->n_fields; i++)
        printf("field %d: " STR_FMT "\n", (int) blocks->fields[i].name, STR_ARG(blocks->fields[i].value.text));
    for (size_t i = 0; i < blocks->n_blocks; i++) {
        const Block *block = &blocks->blocks[i];
        DocValue value = view_value(&blocks->view, block->range, arena);
        printf("%zu %s%s [%u,%u) " STR_FMT "\n", i, block->kind == BLOCK_ROW ? "row" : "par", block->centred ? " centred" : "",
                value.span.from, value.span.to, STR_ARG(value.text));
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        g_autoptr(GError) err = NULL;
        g_autofree char *bytes = NULL;
        size_t n;
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        DocText text;
        if (!g_file_get_contents(argv[i], &bytes, &n, &err) || !doc_text_read((Str) { bytes, n }, argv[i], arena, diags, &text, &err)) {
            fprintf(stderr, "%s: %s\n", argv[i], err->message);
            return 1;
        }
        Blocks blocks = blocks_make(&text, arena, diags);
        show(&text, &blocks, arena);
        BlockRange all = { 0, blocks.n_blocks };
        show_facts(&blocks, all, arena, diags);
        size_t parts;
        const BlockRange *part = gazette_parts(&blocks, all, arena, &parts);
        for (size_t k = 0; k < parts; k++)
            show_facts(&blocks, part[k], arena, diags);
        for (size_t k = 0; k < diags_count(diags); k++)
            printf("finding %s [%zu,%zu): " STR_FMT "\n", diags_get(diags, k)->code, diags_get(diags, k)->from,
                    diags_get(diags, k)->to, STR_ARG(diags_get(diags, k)->text));
    }
    return 0;
}
