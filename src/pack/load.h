/* load.h: private to pack: what the parts of loading share. Each part checks one kind of thing, of the pack in hand, and says what is wrong in it. */
#pragma once

#include "base/csv.h"
#include "pack/shapes.h"
#include "pack/store.h"

typedef struct {
    Arena *arena;
    PackReport *report;
    const PackFiles *files;
    const PackSections *sections;
    PacksRef *packs;
    const PackElementsFile *common; /* never NULL */
    Pack *pack;                     /* in hand; NULL: elements.yaml */
    bool clean;                     /* nothing was wrong in its files' own shapes, */
    size_t errors_before;           /* and this many errors are not its own */
    int zone_minutes;               /* of the store */
    const ExprCodes *const *tables; /* what code_in may name in it */
    size_t n_tables;
    const ExprScope *aggregates;    /* of the pack: no fields, all datasets that it may name */
} Load;

/* Lists that were read are still ours to complete. */
#define LOAD_MINE(Type, list, i) ((Type *) &(list).v[i])

/* codes.c: completes the tables; `folder`: where their files are. */
void load_codes(Load *load, const PackCodes *codes, size_t n, Str folder);
const PackCodes *load_find_codes(const Load *load, Str name); /* own, common, or PACK.ID of a pack used */

/* The same table under another name. */
const ExprCodes *load_codes_as(Arena *arena, const PackCodes *table, Str name);

/* element.c */
void load_elements(Load *load);
const PackElement *load_find_element(const Load *load, Str id);
/* The same with a finding at the node where there is none. */
const PackElement *load_element(const Load *load, Str id, const Yaml *node);

/* field.c, dataset.c: fields with their types, then what refers to them. */
bool load_fields(Load *load, PackDataset *dataset);
void load_dataset(Load *load, PackDataset *dataset);
const PackDataset *load_find_dataset(const Load *load, Str name); /* own, or PACK.ID of a pack used */
const PackDataset *load_dataset_named(const Load *load, Str name, const Yaml *node);
/* The field, with a finding where there is none. */
const PackField *load_field(const Load *load, const PackDataset *dataset, Str id, const Yaml *node);
/* Whether a name in `key` or `by` is a field or the subject. */
void load_check_key(const Load *load, const PackDataset *dataset, PackNames names);

/* scope.c: tables once the codes are there; scopes after the fields of all datasets of the pack. */
void load_tables(Load *load);
void load_scopes(Load *load, PackDataset *dataset);
const ExprScope *load_aggregate_scope(const Load *load);
/* Types it, where it is given; findings stand where they are in the file. */
bool load_expr(const Load *load, const PackExpr *expr, const ExprScope *scope, ExprKind wish);

/* rule.c, form.c, flow.c, duty.c, proof.c */
void load_rules(Load *load, const PackDataset *dataset);
void load_forms(Load *load, const PackDataset *dataset);
void load_flows(Load *load);
void load_flow_of(Load *load, PackDataset *dataset);
void load_duties(Load *load);
void load_proof(Load *load);

/* prove.c: carries a case out with its files, its own first; a finding (pack-proof) for each defect that is not found, and each that is and was not said. */
typedef struct {
    const PackDataset *dataset;
    Str path;
    CsvTable table;
} ProofFile;
void load_prove(const Load *load, const PackCase *c, const ProofFile *files, size_t n);

/* proof_wants.c: what a case expects besides defects, held against the pack; a case that expects nothing (a warning); what no case of the pack touches (warnings). `proved`: rules, fields, duties, steps, forms. */
void load_proof_wants(const Load *load, PackCase *c, const ProofFile *files, size_t n, GHashTable *proved);
void load_proof_idle(const Load *load, const PackCase *c, const ProofFile *own);
void load_proved(const Load *load, GHashTable *proved);

/* overlay.c: the tree with what lies over it; either may be NULL: what lies over nothing is nothing. */
const Yaml *overlay_join(const Yaml *below, const Yaml *above, Arena *arena);

/* files.c: all, by path. */
GPtrArray *pack_files_sorted(const PackFiles *files);

/* How large a file of this name may be; 0: a folder of packs is not read for it. */
size_t pack_file_limit(Str name);

/* section.c: a registered section, NULL behind the last; those that stand in the pack in hand are handed to their owners. */
const PackSection *pack_section_at(const PackSections *sections, size_t index);
void load_sections(Load *load, const Yaml *root);

/* Whether that word stands there. */
bool load_is_word(const Yaml *node, const char *word);

/* Keys of `node` that stand in none of the lists (words, blanks between), each a finding: "has no place in WHAT". */
void load_check_keys(const Load *load, const Yaml *node, const char *needs, const char *may, const char *what);
