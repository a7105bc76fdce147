/* message.h: HL7 v2 messages as they come one by one over the wire: many small arrivals, checked and made durable together, imported together a moment later.
 *
 *     hub_messages_take(hub, &place, messages, n, err)      answers each: AA only where its row is durable and the row checks passed
 *     hub_messages_import(hub, ...)                         what was taken, into the records: a job, again and again
 *
 * A group's messages share one blob, in their frames, so that a hundred messages cost one file and one commit. The same message again (MSH-10 of the sender's application, MSH-3) is answered as it was, and
 * does nothing. */
#pragma once

#include "audit/audit.h"
#include "hub/arrive.h"
#include "ingest/hl7.h"

typedef struct {
    Str message;        /* as it came; outlives the call */
    /* The answer. */
    Hl7AckCode code;    /* HL7_AA, HL7_AE, HL7_AR */
    Hl7ErrorCode error; /* HL7_ERR_OK with AA */
    Str text;           /* English, for people: in arena */
} HubMessage;

typedef struct {
    Str within;  /* path of the organisation that senders are, or lie below; "" for all */
    Str sender;  /* path of the one that sends where MSH-4 names none; p NULL: none is taken for it */
    int64_t sender_org;
    DbWork also; /* done in the transaction that stores new ones: a job that imports them exists if they do. NULL: nothing */
    void *also_data;
} HubMessagePlace;

enum { HUB_MESSAGES_MOST = 500 /* of one call */ };

/* Answers every message. *ret_taken: how many are new in the store. Fails only where nothing could be stored (BH_FULL, BH_UNAVAILABLE): then no message was taken, and each has AR. */
bool hub_messages_take(Hub *hub, const HubMessagePlace *place, HubMessage *messages, size_t n, Arena *arena, size_t *ret_taken, GError **err);

/* Imports messages that wait, of one sender; *ret_n how many: 0, and there are none. */
bool hub_messages_import(Hub *hub, HubTold told, void *data, size_t *ret_n, GError **err);
