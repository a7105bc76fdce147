#include "ingest/hl7.h"

#include "base/banned.h"

static const char *const ack_codes[] = { "AA", "AE", "AR", "CA", "CE", "CR" };

static const struct {
    Hl7ErrorCode code;
    const char *text;
} error_texts[] = {
    { HL7_ERR_OK, "Message accepted" },           { HL7_ERR_SEQUENCE, "Segment sequence error" },     { HL7_ERR_REQUIRED, "Required field missing" },
    { HL7_ERR_TYPE, "Data type error" },          { HL7_ERR_TABLE, "Table value not found" },         { HL7_ERR_MESSAGE, "Unsupported message type" },
    { HL7_ERR_EVENT, "Unsupported event code" },  { HL7_ERR_PROCESSING, "Unsupported processing id" }, { HL7_ERR_VERSION, "Unsupported version id" },
    { HL7_ERR_NO_KEY, "Unknown key identifier" }, { HL7_ERR_SAME_KEY, "Duplicate key identifier" },   { HL7_ERR_LOCKED, "Application record locked" },
    { HL7_ERR_INTERNAL, "Application internal error" },
};

static const char *error_text(Hl7ErrorCode code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(error_texts); i++)
        if (error_texts[i].code == code)
            return error_texts[i].text;
    return "";
}

void hl7_escape(GString *out, Str text)
{
    static const char signs[] = "|^~\\&", letters[] = "FSRET";
    for (size_t i = 0; i < text.n; i++) {
        const char *sign = text.p[i] ? strchr(signs, text.p[i]) : NULL;
        if (sign)
            g_string_append_printf(out, "\\%c\\", letters[sign - signs]);
        else if (text.p[i] == '\n' || text.p[i] == '\r')
            g_string_append(out, text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n' ? "" : "\\.br\\");
        else
            g_string_append_c(out, text.p[i]);
    }
}

/* What stood in the other's message is written back as it stood, its delimiters made ours; what is no text of ours is left out. */
static void append_theirs(GString *out, const Hl7Head *head, Str field)
{
    for (size_t i = 0; i < field.n; i++) {
        char c = field.p[i];
        g_string_append_c(out, c == head->component ? '^' : c == head->repetition ? '~' : c == head->escape ? '\\' : c == head->sub ? '&' : c == '|' ? ' ' : c);
    }
}

static Str readable(Str field)
{
    return utf8_valid(field, NULL) ? field : STR("");
}

static void append_field(GString *out, const Hl7Head *head, Str field)
{
    g_string_append_c(out, '|');
    if (head)
        append_theirs(out, head, readable(field));
}

/* 20261123094501.000+0800 */
static void append_time(GString *out, int64_t now_ms, int zone_minutes)
{
    char text[INSTANT_TEXT_MAX];
    instant_format(now_ms, zone_minutes, text); /* 2026-11-23T09:45:01.000+08:00, milliseconds where there are any */
    for (const char *p = text; *p; p++)
        if (*p != ':' && *p != 'T' && !(*p == '-' && p < text + 10))
            g_string_append_c(out, *p);
}

static void append_msh(GString *out, const Hl7Head *head, Str id, int64_t now_ms, int zone_minutes)
{
    g_string_append(out, "MSH|^~\\&");
    append_field(out, head, head ? head->receiver_app : STR(""));
    append_field(out, head, head ? head->receiver : STR(""));
    append_field(out, head, head ? head->sender_app : STR(""));
    append_field(out, head, head ? head->sender : STR(""));
    g_string_append_c(out, '|');
    append_time(out, now_ms, zone_minutes);
    g_string_append(out, "||ACK");
    if (head && head->trigger.n > 0) {
        g_string_append_c(out, '^');
        append_theirs(out, head, readable(head->trigger));
        g_string_append(out, "^ACK");
    }
    g_string_append_c(out, '|');
    hl7_escape(out, utf8_head(id, 20));
    append_field(out, head, head && head->processing.n > 0 ? head->processing : STR("P"));
    if (!head)
        g_string_append_c(out, 'P');
    append_field(out, head, head && head->version.n > 0 ? head->version : STR("2.5.1"));
    if (!head)
        g_string_append(out, "2.5.1");
    g_string_append(out, "||||||UNICODE UTF-8\r");
}

static void append_error(GString *out, const Hl7Error *error)
{
    g_string_append(out, "ERR||");
    if (error->segment.p)
        g_string_append_printf(out, STR_FMT "^%d", STR_ARG(error->segment), MAX(error->number, 1));
    if (error->segment.p && error->field > 0)
        g_string_append_printf(out, "^%d", error->field);
    g_string_append_printf(out, "|%d^%s^HL70357|%c|||", (int) error->code, error_text(error->code), error->severity ? error->severity : 'E');
    hl7_escape(out, error->text);
    g_string_append_c(out, '|');
    hl7_escape(out, error->text);
    g_string_append_c(out, '\r');
}

void hl7_ack_write(GString *out, const Hl7Head *head, Hl7AckCode code, Str id, int64_t now_ms, int zone_minutes, Str text, const Hl7Error *errors, size_t n_errors)
{
    append_msh(out, head, id, now_ms, zone_minutes);
    g_string_append_printf(out, "MSA|%s", ack_codes[code]);
    append_field(out, head, head ? head->id : STR(""));
    if (text.n > 0) {
        g_string_append_c(out, '|');
        hl7_escape(out, utf8_head(text, 80));
    }
    g_string_append_c(out, '\r');
    for (size_t i = 0; i < n_errors; i++)
        append_error(out, &errors[i]);
}
