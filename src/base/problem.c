#include "base/problem.h"

#include "base/banned.h"

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
    json_key(writer, "params");
    json_params(writer, str_from(internal ? NULL : error_get_params(err)));
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
