#include "http/pages.h"

#include "http/server.h"

#include "base/banned.h"

static const PageFile *find(Str address)
{
    size_t from = 0, to = page_n_files;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_cmp(address, page_files[middle].address);
        if (order == 0)
            return &page_files[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

/* A name with a dot is a file, but below /data/, where it is that of a dataset (PACK.DATASET) or of a record. */
static bool names_file(Str path)
{
    Str rest = path, last = path;
    while (rest.p)
        last = str_cut(&rest, '/');
    return last.n > 0 && memchr(last.p, '.', last.n) && !str_starts(path, STR("/data/"));
}

/* The pages keep their place in the address (/tasks/UID): each such address is answered with the one page that then reads it. A file
 * that is not there is not there. */
static const PageFile *page_for(Str path)
{
    const PageFile *file = find(path);
    if (file || names_file(path))
        return file;
    const PageFile *index = find(STR("/index.html"));
    return index ? index : find(STR("/no-pages.html"));
}

/* Whether a header's list (If-None-Match, Accept-Encoding) names a word; weights of 0 are not used by browsers for gzip. */
static bool lists(Str header, Str word)
{
    while (header.p) {
        Str element = str_cut(&header, ',');
        Str name = str_trim(str_cut(&element, ';'));
        if (str_starts(name, STR("W/")))
            name = str_from_at(name, 2);
        if (str_eq(name, word))
            return true;
    }
    return false;
}

void pages_answer(Exchange *x)
{
    const PageFile *file = page_for(x->path);
    if (!file) {
        g_autoptr(GError) err = NULL;
        error_set(&err, BH_NOT_FOUND, "no such file");
        answer_problem(x, err);
        return;
    }
    bool packed = file->packed_size > 0 && lists(http_header(&x->request, "Accept-Encoding"), STR("gzip"));
    bool known = lists(http_header(&x->request, "If-None-Match"), file->etag);
    Str whole = { page_bytes + (packed ? file->packed_at : file->at), packed ? file->packed_size : file->size };
    answer_fixed(x, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, file->type, known ? STR("") : whole);
    x->answer.policy = POLICY_PAGE;
    x->answer.cache = file->lasting ? STR("public, max-age=31536000, immutable") : STR("no-cache");
    http_add_header(&x->request, "ETag", arena_concat(x->request.arena, STR("W/"), file->etag)); /* weak: packed or not is one */
    http_add_header(&x->request, "Vary", STR("Accept-Encoding"));
    if (packed && !known)
        http_add_header(&x->request, "Content-Encoding", STR("gzip"));
}
