#include "hub/hub.h"

#include "base/banned.h"

const char *const hub_modes[] = { [HUB_ADD] = "add", [HUB_REPLACE] = "replace", NULL };

struct Hub {
    HubOptions options;
    GMutex lock; /* over options.packs */
};

Hub *hub_new(const HubOptions *options)
{
    Hub *hub = g_new0(Hub, 1);
    hub->options = *options;
    hub->options.packs = packs_ref(options->packs);
    g_mutex_init(&hub->lock);
    return hub;
}

void hub_free(Hub *hub)
{
    if (!hub)
        return;
    packs_unref(hub->options.packs);
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
