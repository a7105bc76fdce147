/* mllp.h: listens for HL7 v2 messages over MLLP. A thread a connection reads frames and waits for their answers; one thread takes what all of them have read meanwhile, together (hub/message.h), so that many
 * connections share a commit. One message of a connection is in flight at a time, which keeps their order.
 *
 * Nothing is kept for a client but its buffer: LIMIT_MLLP_BYTES at most, given back behind a large message. */
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "hub/message.h"

typedef struct {
    const char *address;           /* NULL: 127.0.0.1 */
    uint16_t port;                 /* 0: any free one */
    const char *certificate, *key; /* PEM files: TLS; both or none */
    bool behind_proxy;             /* a proxy on this machine does TLS */
    int connections;               /* 0: 200; more are closed at once */
    int idle_ms;                   /* 0: 10 minutes without a byte end a connection; a frame that was begun has a tenth of it */
    HubMessagePlace place;         /* copied; texts outlive the server */
    void (*taken)(void *data);     /* there is something to import: told from a thread of the server; quick */
    void *data;
    Log *log;
    const Clock *clock;
} MllpOptions;

typedef struct MllpServer MllpServer;

/* BH_USAGE: beyond loopback without TLS and proxy; BH_UNAVAILABLE: the port is taken; BH_BAD_INPUT: certificate files. hub outlives the server. */
MllpServer *mllp_start(const MllpOptions *options, Hub *hub, GError **err);
uint16_t mllp_port(const MllpServer *server);

/* Messages that were read are answered; then every connection ends. NULL is accepted. */
void mllp_stop(MllpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MllpServer, mllp_stop)
