#include "base/error.h"

#include <errno.h>

#include "base/banned.h"

/* Exit statuses are those of sysexits.h, so that scripts can tell the kinds apart. */
static const ErrorClass error_classes[] = {
    /* code               name               exit HTTP */
    { BH_BAD_INPUT,       "bad-input",       65,  400 },
    { BH_TOO_LARGE,       "too-large",       65,  413 },
    { BH_NOT_FOUND,       "not-found",       66,  404 },
    { BH_FORBIDDEN,       "forbidden",       77,  403 },
    { BH_UNAUTHENTICATED, "unauthenticated", 77,  401 },
    { BH_CONFLICT,        "conflict",        75,  409 },
    { BH_PRECONDITION,    "precondition",    75,  428 },
    { BH_LOCKED,          "locked",          77,  423 },
    { BH_TOO_MANY,        "too-many",        75,  429 },
    { BH_UNAVAILABLE,     "unavailable",     69,  503 },
    { BH_FULL,            "full",            73,  507 },
    { BH_USAGE,           "usage",           64,  400 },
    { BH_NOT_ALLOWED,     "not-allowed",     64,  405 },
    { BH_INTERNAL,        "internal",        70,  500 },
};
G_STATIC_ASSERT(G_N_ELEMENTS(error_classes) == BH_INTERNAL + 1);

/* What hangs on a GError of our domain, beside code and message. */
typedef struct {
    char *hint, *at, *params;
    const char *detail;
} BhErrorPrivate;

static void bh_error_private_init(BhErrorPrivate *priv)
{
    *priv = (BhErrorPrivate) { 0 };
}

static void bh_error_private_copy(const BhErrorPrivate *from, BhErrorPrivate *to)
{
    *to = (BhErrorPrivate) { g_strdup(from->hint), g_strdup(from->at), g_strdup(from->params), from->detail };
}

static void bh_error_private_clear(BhErrorPrivate *priv)
{
    g_free(priv->hint);
    g_free(priv->at);
    g_free(priv->params);
}

G_DEFINE_EXTENDED_ERROR(BhError, bh_error)

const ErrorClass *error_class(BhError code)
{
    return &error_classes[code];
}

const ErrorClass *error_class_of(const GError *err)
{
    if (err->domain == BH_ERROR)
        return error_class((BhError) err->code);
    bool full = g_error_matches(err, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
    return error_class(full ? BH_FULL : BH_INTERNAL);
}

bool error_set(GError **err, BhError code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (err)
        *err = g_error_new_valist(BH_ERROR, (int) code, format, args);
    va_end(args);
    return false;
}

bool error_set_errno(GError **err, int errno_value, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    bool full = errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG;
    error_set(err, full ? BH_FULL : errno_value == ENOENT ? BH_NOT_FOUND : BH_INTERNAL, "%s: %s", what, g_strerror(errno_value));
    return full ? error_hint(err, "make room on the disk, then try again") : false;
}

static BhErrorPrivate *private_of(GError **err)
{
    return err && *err && (*err)->domain == BH_ERROR ? bh_error_get_private(*err) : NULL;
}

G_GNUC_PRINTF(2, 0) static void replace_text(char **text, const char *format, va_list args)
{
    g_free(*text);
    *text = g_strdup_vprintf(format, args);
}

bool error_hint(GError **err, const char *format, ...)
{
    BhErrorPrivate *priv = private_of(err);
    va_list args;
    va_start(args, format);
    if (priv)
        replace_text(&priv->hint, format, args);
    va_end(args);
    return false;
}

bool error_at(GError **err, const char *format, ...)
{
    BhErrorPrivate *priv = private_of(err);
    va_list args;
    va_start(args, format);
    if (priv)
        replace_text(&priv->at, format, args);
    va_end(args);
    return false;
}

bool error_params(GError **err, const char *format, ...)
{
    BhErrorPrivate *priv = private_of(err);
    va_list args;
    va_start(args, format);
    if (priv)
        replace_text(&priv->params, format, args);
    va_end(args);
    return false;
}

bool error_detail(GError **err, const char *code)
{
    BhErrorPrivate *priv = private_of(err);
    if (priv)
        priv->detail = code;
    return false;
}

const char *error_get_hint(const GError *err)
{
    return err->domain == BH_ERROR ? bh_error_get_private(err)->hint : NULL;
}

const char *error_get_at(const GError *err)
{
    return err->domain == BH_ERROR ? bh_error_get_private(err)->at : NULL;
}

const char *error_get_detail(const GError *err)
{
    return err->domain == BH_ERROR ? bh_error_get_private(err)->detail : NULL;
}

const char *error_get_params(const GError *err)
{
    return err->domain == BH_ERROR ? bh_error_get_private(err)->params : NULL;
}
