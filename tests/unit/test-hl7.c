/* HL7 v2 on the wire: frames whatever way they are cut, heads, encodings, answers. */
#include "ingest/hl7.h"

#include "ingest/hl7_message.h"

#include "base/banned.h"

/* --- Frames ---------------------------------------------------------------------------------------------------------------------- */

static char *events(Str bytes, size_t step, size_t limit)
{
    static const char *const names[] = { "", "message", "large", "broken" };
    MllpReader in;
    GString *out = g_string_new(NULL);
    mllp_init(&in, limit);
    for (Str rest = bytes; rest.n > 0;) {
        Str piece = str_head(rest, step), message;
        rest = str_from_at(rest, piece.n);
        for (MllpEvent event; (event = mllp_feed(&in, &piece, &message)) != MLLP_MORE;)
            g_string_append_printf(out, "%s " STR_FMT ", ", names[event], STR_ARG(message));
    }
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, in.dropped);
    mllp_clear(&in);
    return g_string_free(out, FALSE);
}

static void test_frames(void)
{
    static const struct {
        Str in;
        const char *want;
    } cases[] = {
        { STR_INIT("\x0BMSH|1\x1C\r"), "message MSH|1, 0" },
        { STR_INIT("\x0B" "a\x1C\r\x0B" "b\x1C\r"), "message a, message b, 0" },
        { STR_INIT("xy\r\n\x0B" "a\x1C\rz\x0B" "b\x1C"), "message a, message b, 3" },
        { STR_INIT("\x0B\x1C\r"), "message , 0" },
        { STR_INIT("\x0B" "12345\x1C\r\x0B" "123456\x1C\r\x0B" "7\x1C\r"), "message 12345, large 12345, message 7, 0" },
        { STR_INIT("\x0B" "abc\x0B" "de\x1C\r"), "broken abc, message de, 0" },
        { STR_INIT("\x0B" "123456789\x0B" "d\x1C\r"), "large 12345, message d, 0" },
        { STR_INIT("\x0B" "abc"), "0" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        for (size_t step = 1; step <= cases[i].in.n; step++) {
            g_autofree char *got = events(cases[i].in, step, 5);
            g_assert_cmpstr(got, ==, cases[i].want);
        }
    g_autoptr(GString) out = g_string_new(NULL);
    mllp_write(out, STR("MSA|AA|1"));
    g_assert_cmpstr(out->str, ==, "\x0BMSA|AA|1\x1C\r");
}

/* --- Heads ------------------------------------------------------------------------------------------------------------------------ */

static const char head_text[] = "MSH|^~\\&|HIS|H01^x|CDC|C01|20260301083000||VXU^V04^VXU_V04|M1|P^T|2.5.1^CHN|||AL|NE||UNICODE UTF-8~GB18030\rPID|1";

static void test_head(void)
{
    Hl7Head head;
    g_assert_true(hl7_head(str_from(head_text), &head));
    const struct {
        Str got;
        const char *want;
    } fields[] = {
        { head.sender_app, "HIS" }, { head.sender, "H01^x" }, { head.receiver_app, "CDC" }, { head.receiver, "C01" }, { head.type, "VXU" }, { head.trigger, "V04" },
        { head.id, "M1" },          { head.processing, "P" }, { head.version, "2.5.1" },    { head.accept_ack, "AL" }, { head.app_ack, "NE" }, { head.charset, "UNICODE UTF-8" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        g_assert_true(str_eq(fields[i].got, str_from(fields[i].want)));
    g_assert_true(hl7_head(STR("\x0B\nMSH$%~\\&$A$B$$$$$ADT%A01$7"), &head));
    g_assert_true(str_eq(head.trigger, STR("A01")) && str_eq(head.id, STR("7")) && str_eq(head.charset, STR("")));
    static const Str none[] = { STR_INIT(""), STR_INIT("MSH"), STR_INIT("MSH|"), STR_INIT("MSHA^~\\&A"), STR_INIT("PID|1"), STR_INIT("MSH||a"), STR_INIT("MSH|abcdefg|") };
    for (size_t i = 0; i < G_N_ELEMENTS(none); i++)
        g_assert_false(hl7_head(none[i], &head));
}

static void test_encoding(void)
{
    static const struct {
        const char *charset, *name, *encoding; /* encoding NULL: it cannot be read */
        bool said;
    } cases[] = {
        { "", "abc", "UTF-8", true },
        { "", "\xe5\xbc\xa0", "UTF-8", true },
        { "", "\xd5\xc5", "GB18030", false },
        { "GBK", "\xd5\xc5", "GB18030", true },
        { "GB 18030-2000", "\xd5\xc5", "GB18030", true },
        { "UNICODE UTF-8", "\xd5\xc5", "GB18030", false },
        { "8859/1", "\xe5\xbc\xa0", "UTF-8", true },
        { "", "\xff\xff", NULL, false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        Str message = arena_printf(arena, "MSH|^~\\&|||||||ADT^A01|1|P|2.4||||||%s\rPID|||||%s|", cases[i].charset, cases[i].name), text;
        const char *encoding;
        bool said;
        bool read = hl7_decode(message, NULL, arena, &text, &encoding, &said);
        g_assert_true(read == (cases[i].encoding != NULL));
        g_assert_true(!read || (said == cases[i].said && g_str_equal(encoding, cases[i].encoding) && utf8_valid(text, NULL)));
    }
}

/* --- Answers ----------------------------------------------------------------------------------------------------------------------- */

static void test_ack(void)
{
    Hl7Head head;
    g_autoptr(GString) out = g_string_new(NULL);
    const int64_t now = 1793925901000; /* 2026-11-06T00:45:01Z */
    g_assert_true(hl7_head(str_from(head_text), &head));
    hl7_ack_write(out, &head, HL7_AA, STR("77"), now, 480, STR_NONE, NULL, 0);
    g_assert_cmpstr(out->str, ==, "MSH|^~\\&|CDC|C01|HIS|H01^x|20261106084501+0800||ACK^V04^ACK|77|P|2.5.1||||||UNICODE UTF-8\rMSA|AA|M1\r");
    const Hl7Error errors[] = {
        { .segment = STR("PID"), .number = 1, .field = 3, .code = HL7_ERR_REQUIRED, .severity = 'E', .text = STR("no number | of & the person\nat all") },
        { .code = HL7_ERR_INTERNAL, .severity = 'W' },
    };
    g_string_truncate(out, 0);
    hl7_ack_write(out, NULL, HL7_AR, STR("78"), now, 0, STR("not read"), errors, 2);
    g_assert_cmpstr(out->str, ==,
                    "MSH|^~\\&|||||20261106004501+0000||ACK|78|P|2.5.1||||||UNICODE UTF-8\rMSA|AR||not read\r"
                    "ERR||PID^1^3|101^Required field missing^HL70357|E|||no number \\F\\ of \\T\\ the person\\.br\\at all|no number \\F\\ of \\T\\ the person\\.br\\at all\r"
                    "ERR|||207^Application internal error^HL70357|W||||\r");
    Hl7Message message = { 0 };
    g_assert_true(hl7_message_read(&message, str_from_gstring(out)));
    g_assert_cmpuint(message.n, ==, 4);
    hl7_message_clear(&message);
}

/* What other signs for dividing stood in the message comes back in ours. */
static void test_ack_delimiters(void)
{
    Hl7Head head;
    g_autoptr(GString) out = g_string_new(NULL);
    g_assert_true(hl7_head(STR("MSH$%~\\&$A%b$B$C$D$$$ADT%A01$I%1$P$2.3"), &head));
    hl7_ack_write(out, &head, HL7_CE, STR("1"), 0, 0, STR_NONE, NULL, 0);
    g_assert_cmpstr(out->str, ==, "MSH|^~\\&|C|D|A^b|B|19700101000000+0000||ACK^A01^ACK|1|P|2.3||||||UNICODE UTF-8\rMSA|CE|I^1\r");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hl7/frames", test_frames);
    g_test_add_func("/hl7/head", test_head);
    g_test_add_func("/hl7/encoding", test_encoding);
    g_test_add_func("/hl7/ack", test_ack);
    g_test_add_func("/hl7/ack-delimiters", test_ack_delimiters);
    return g_test_run();
}
