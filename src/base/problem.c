#include "base/problem.h"

#include "base/banned.h"

static void write_params(JsonWriter *writer, const char *params)
{
    json_key(writer, "params");
    json_begin_object(writer);
    for (Str rest = str_from(params); rest.p;) {
        Str value = str_cut(&rest, '\n'), name = str_cut(&value, '=');
        if (name.n > 0) {
            json_key_str(writer, name);
            json_str(writer, value.p ? value : STR(""));
        }
    }
    json_end_object(writer);
}

void problem_open(JsonWriter *writer, const GError *err)
{
    const ErrorClass *class = error_class_of(err);
    bool internal = class->code == BH_INTERNAL;
    const char *detail = error_get_detail(err);
    json_begin_object(writer);
    json_member_cstr(writer, "type", "about:blank");
    json_member_cstr(writer, "title", internal ? "internal error" : err->message);
    json_member_int(writer, "status", class->http_status);
    json_member_cstr(writer, "code", detail && !internal ? detail : class->name);
    write_params(writer, internal ? NULL : error_get_params(err));
    if (!internal && error_get_at(err))
        json_member_cstr(writer, "at", error_get_at(err));
    if (!internal && error_get_hint(err))
        json_member_cstr(writer, "hint", error_get_hint(err));
}

void problem_write(JsonWriter *writer, const GError *err)
{
    problem_open(writer, err);
    json_end_object(writer);
}
