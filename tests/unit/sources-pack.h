/* sources-pack.h: for tests: a pack of one dataset `a.shot` (with inputs of a person) and one `a.lab`, with these `sources:`. */
#pragma once

#include "ingest/reader.h"

static inline PacksRef *sources_pack(const char *shot_sources, const char *lab_sources, PackReport *report)
{
    static const char elements[] = "codes:\n  sex: {name: S, name_en: S, values: [{code: \"1\", name: m}, {code: \"2\", name: f}]}\nelements:\n"
                                   "  id_card: {name: I, name_en: I, type: id_card, sensitivity: 5}\n  pname: {name: N, name_en: N, type: person_name, sensitivity: 4}\n"
                                   "  phone: {name: P, name_en: P, type: phone, sensitivity: 4}\n"
                                   "  birth: {name: B, name_en: B, type: date, sensitivity: 3, of_person: true}\n"
                                   "  sex: {name: S, name_en: S, type: code, codes: sex, sensitivity: 3, of_person: true}\n";
    static const char head[] = "pack: a\nversion: 1.0.0\nneeds: bihuan 1\nname: A\nname_en: A\ndatasets:\n";
    static const char shot[] = "  shot:\n    name: D\n    name_en: D\n    kind: event\n    org: o\n    date: on_day\n    key: [person, k]\n"
                               "    subject: {person: {by: [id_card], else: [pname, phone]}}\n    fields:\n"
                               "      o: {name: O, name_en: O, type: org, required: true}\n      on_day: {name: N, name_en: N, type: date, required: true}\n"
                               "      k: {name: K, name_en: K, type: text, required: true}\n      amount: {name: M, name_en: M, type: decimal, decimals: 2}\n"
                               "      sex: {element: sex}\n      old: {name: X, name_en: X, type: text, retired: true}\n";
    static const char lab[] = "  lab:\n    name: L\n    name_en: L\n    kind: event\n    org: o\n    date: on_day\n    key: [no]\n    fields:\n"
                              "      o: {name: O, name_en: O, type: org, required: true}\n      on_day: {name: N, name_en: N, type: date, required: true}\n"
                              "      no: {name: N, name_en: N, type: text, required: true}\n      code: {name: C, name_en: C, type: text}\n      result: {name: R, name_en: R, type: text}\n";
    static const char proof[] = "proof:\n  - {id: c, says: s, says_en: s, dataset: lab, file: r.csv, today: 2026-01-01, defects: []}\n";
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackSections) sections = pack_sections_new();
    g_autofree char *yaml = g_strconcat(head, lab, lab_sources ? lab_sources : "", shot, shot_sources ? shot_sources : "", NULL);
    pack_files_add(files, STR("elements.yaml"), str_from(elements));
    pack_files_add(files, STR("a/pack.yaml"), str_from(yaml));
    pack_files_add(files, STR("a/tests/proof.yaml"), str_from(proof));
    pack_files_add(files, STR("a/tests/r.csv"), STR("o,on_day,no\n"));
    ingest_pack_sections(sections);
    return packs_load(files, sections, 480, report);
}
