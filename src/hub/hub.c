#include "hub/apply.h"
#include "hub/check.h"
#include "hub/intake_row.h"

#include "base/banned.h"

const char *const hub_modes[] = { [HUB_ADD] = "add", [HUB_REPLACE] = "replace", NULL };

struct Hub {
    HubOptions options;
    GMutex lock; /* over options.packs, orgs, applying */
    HubOrgBook *orgs; /* NULL: not asked for yet */
    GCond left;
    GHashTable *applying; /* names of datasets; of arrivals that are carried out, "#" and their id */
};

Hub *hub_new(const HubOptions *options)
{
    Hub *hub = g_new0(Hub, 1);
    hub->options = *options;
    hub->options.packs = packs_ref(options->packs);
    g_mutex_init(&hub->lock);
    g_cond_init(&hub->left);
    hub->applying = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return hub;
}

void hub_free(Hub *hub)
{
    if (!hub)
        return;
    packs_unref(hub->options.packs);
    hub_org_book_unref(hub->orgs);
    g_hash_table_unref(hub->applying);
    g_cond_clear(&hub->left);
    g_mutex_clear(&hub->lock);
    g_free(hub);
}

const HubOptions *hub_open(const Hub *hub)
{
    return &hub->options;
}

PacksRef *hub_packs(Hub *hub)
{
    g_mutex_lock(&hub->lock);
    PacksRef *packs = packs_ref(hub->options.packs);
    g_mutex_unlock(&hub->lock);
    return packs;
}

void hub_set_packs(Hub *hub, PacksRef *packs)
{
    g_mutex_lock(&hub->lock);
    PacksRef *before = hub->options.packs;
    hub->options.packs = packs_ref(packs);
    g_mutex_unlock(&hub->lock);
    packs_unref(before);
}

HubOrgBook *hub_org_book(Hub *hub, HubOrgBook *fresh)
{
    g_mutex_lock(&hub->lock);
    if (fresh) {
        hub_org_book_unref(hub->orgs);
        hub->orgs = fresh;
    }
    HubOrgBook *book = hub_org_book_ref(hub->orgs);
    g_mutex_unlock(&hub->lock);
    return book;
}

void hub_apply_enter(Hub *hub, Str dataset)
{
    char *name = str_dup(dataset);
    g_mutex_lock(&hub->lock);
    while (g_hash_table_contains(hub->applying, name))
        g_cond_wait(&hub->left, &hub->lock);
    g_hash_table_add(hub->applying, name);
    g_mutex_unlock(&hub->lock);
}

static Str name_of_intake(int64_t id, char name[24])
{
    return (Str) { name, (size_t) g_snprintf(name, 24, "#%" G_GINT64_FORMAT, id) };
}

void hub_intake_enter(Hub *hub, int64_t id)
{
    char name[24];
    hub_apply_enter(hub, name_of_intake(id, name));
}

void hub_intake_leave(Hub *hub, int64_t id)
{
    char name[24];
    hub_apply_leave(hub, name_of_intake(id, name));
}

bool hub_intake_is_run(Hub *hub, int64_t id)
{
    char name[24];
    name_of_intake(id, name);
    g_mutex_lock(&hub->lock);
    bool is_run = g_hash_table_contains(hub->applying, name);
    g_mutex_unlock(&hub->lock);
    return is_run;
}

void hub_apply_leave(Hub *hub, Str dataset)
{
    g_autofree char *name = str_dup(dataset);
    g_mutex_lock(&hub->lock);
    g_hash_table_remove(hub->applying, name);
    g_cond_broadcast(&hub->left);
    g_mutex_unlock(&hub->lock);
}
