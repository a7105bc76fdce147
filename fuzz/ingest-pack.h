/* ingest-pack.h: a pack whose one dataset has these sources; loaded once. */
#pragma once

#include "ingest/reader.h"

/* The dataset; NULL: the sources were refused. `yaml` is indented by six. */
static inline PacksRef *pack_with_sources(Str yaml)
{
    static const char head[] = "pack: a\nversion: 1.0.0\nneeds: bihuan 1\nname: A\ndatasets:\n  d:\n    name: D\n    kind: event\n    org: o\n    date: on_day\n    key: [k]\n    fields:\n"
                               "      o: {name: O, type: org, required: true}\n      on_day: {name: N, type: date, required: true}\n      k: {name: K, type: text, required: true}\n"
                               "      v: {name: V, type: text}\n      w: {name: W, type: text}\n    sources:\n";
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackSections) sections = pack_sections_new();
    g_autoptr(PackReport) report = pack_report_new();
    g_autofree char *text = g_strdup_printf("%s" STR_FMT, head, STR_ARG(yaml));
    pack_files_add(files, STR("a/pack.yaml"), str_from(text));
    pack_files_add(files, STR("a/tests/proof.yaml"), STR("proof:\n  - {id: c, says: s, dataset: d, file: r.csv, today: 2026-01-01, defects: []}\n"));
    pack_files_add(files, STR("a/tests/r.csv"), STR("o,on_day,k\n"));
    ingest_pack_sections(sections);
    return packs_load(files, sections, 480, report);
}
