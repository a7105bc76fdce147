/* Any bytes as HL7 v2: as a file by fixed sources, as frames in drops, as a message that is answered; and, where a line "paths" stands first, the second line as a
 * place and as a test, on the rest. */
#include "ingest-check.h"
#include "ingest-pack.h"
#include "ingest/hl7_message.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_file(Str bytes)
{
    static PacksRef *packs;
    static const char yaml[] = "      hl7:\n        message: [ORU, VXU_V04]\n        each: OBX\n        when: OBX-11 != 'X'\n        fields: {o: MSH-4, on_day: OBR-7 | PID-7, k: \"PID-3[.5 = 'NI'].1\", "
                               "v: OBX-5.2.3, w: \"OBX[2]-5[2]\"}\n";
    if (!packs)
        packs = pack_with_sources(str_from(yaml));
    const PackDataset *dataset = packs_dataset(packs, STR("a.d"));
    g_assert_nonnull(dataset);
    check_both(bytes, &(IngestOptions) { .format = INGEST_HL7, .datasets = &dataset, .n_datasets = 1 });
}

/* The frames of a piece do not depend on how it is cut. */
static GString *frames(Str bytes, size_t step)
{
    MllpReader in;
    GString *out = g_string_new(NULL);
    mllp_init(&in, 1000);
    for (Str rest = bytes; rest.n > 0;) {
        Str piece = str_head(rest, step), message;
        rest = str_from_at(rest, piece.n);
        for (MllpEvent event; (event = mllp_feed(&in, &piece, &message)) != MLLP_MORE;)
            g_string_append_printf(out, "%d %zu\n", (int) event, message.n);
    }
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, in.dropped);
    mllp_clear(&in);
    return out;
}

static void answer(Str bytes)
{
    Hl7Head head;
    g_autoptr(GString) out = g_string_new(NULL);
    bool read = hl7_head(bytes, &head);
    const Hl7Error error = { .segment = STR("PID"), .number = 1, .field = 3, .code = HL7_ERR_REQUIRED, .text = utf8_valid(bytes, NULL) ? bytes : STR("x") };
    hl7_ack_write(out, read ? &head : NULL, HL7_AE, STR("1"), 0, 480, STR("a|b"), &error, 1);
    Hl7Message message = { 0 };
    check_text(str_from_gstring(out));
    g_assert_true(hl7_message_read(&message, str_from_gstring(out)) && message.n == 3 && message.n_bad == 0);
    hl7_message_clear(&message);
}

static void run_place(Str text, Str body)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    Hl7Path path;
    Hl7Test test;
    Hl7Message message = { 0 };
    if (hl7_message_read(&message, body)) {
        for (size_t each = 0; each <= message.n; each++) {
            size_t row = each < message.n ? each : SIZE_MAX;
            if (hl7_path_parse(text, arena, diags, &path))
                check_text(hl7_path_value(&message, &path, row, arena));
            if (hl7_test_parse(text, arena, diags, &test))
                hl7_test_holds(&message, &test, row, arena);
        }
    }
    hl7_message_clear(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str bytes = { (const char *) data, size };
    if (str_starts(bytes, STR("paths\n"))) {
        Str rest = str_from_at(bytes, 6), path = str_cut(&rest, '\n');
        if (utf8_valid(bytes, NULL) && rest.n < 2000)
            run_place(path, rest);
        return 0;
    }
    g_autoptr(GString) one = frames(bytes, 1), all = frames(bytes, SIZE_MAX);
    g_assert_true(g_string_equal(one, all));
    answer(bytes);
    if (size > 0)
        run_file(bytes);
    return 0;
}
