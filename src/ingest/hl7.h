/* hl7.h: HL7 v2 on the wire: frames, what a message says of itself, answers. Rows come from messages by reader.h. Source: HL7 v2.5.1, chapter 2, and the Minimal
 * Lower Layer Protocol (Transport Specification: MLLP, Release 1). */
#pragma once

#include "base/arena.h"
#include "base/date.h"
#include "base/error.h"

/* --- Frames (mllp.c) ------------------------------------------------------------------------------------------------------
 * 0x0B message 0x1C 0x0D. Bytes come in pieces of any size; several frames may come in one.
 *
 *     MllpReader in; mllp_init(&in, limit);
 *     for (Str piece = received; (event = mllp_feed(&in, &piece, &message)) != MLLP_MORE;) …
 */
typedef struct {
    size_t limit;      /* bytes of one message */
    GString *message;  /* of the frame in hand */
    enum { MLLP_OUTSIDE, MLLP_INSIDE, MLLP_ENDING /* a new one begins */, MLLP_OVER /* over the limit, up to the end of the frame */ } state;
    uint64_t dropped;  /* bytes outside of frames, so far: not counted are 0x0D and 0x0A behind one */
} MllpReader;

typedef enum {
    MLLP_MORE,      /* the piece is used up */
    MLLP_MESSAGE,   /* *ret_message is one, valid until the next call; may be empty */
    MLLP_TOO_LARGE, /* a frame ended that was over the limit: *ret_message is its beginning (enough for an answer: at most 4,096 bytes) */
    MLLP_BROKEN,    /* a new frame began within one: *ret_message is what there was of the first */
} MllpEvent;

void mllp_init(MllpReader *reader, size_t limit);
void mllp_clear(MllpReader *reader);
/* Takes bytes off `piece` up to the next event. Any thread, one at a time for one reader. */
MllpEvent mllp_feed(MllpReader *reader, Str *piece, Str *ret_message);
/* Appends a message in its frame. */
void mllp_write(GString *out, Str message);

/* --- What a message says of itself (hl7_head.c) --------------------------------------------------------------------------- */

typedef struct {
    char separator, component, repetition, escape, sub; /* | ^ ~ \ & ; 0: not declared */
    Str sender_app, sender, receiver_app, receiver;     /* MSH-3 to 6, as they stand there */
    Str type, trigger;                                  /* MSH-9.1, 9.2 */
    Str id;                                             /* MSH-10 */
    Str processing, version;                            /* MSH-11.1, 12.1 */
    Str accept_ack, app_ack;                            /* MSH-15, 16 */
    Str charset;                                        /* MSH-18, its first repetition */
} Hl7Head;

/* Views of the message; false: it does not begin with an MSH that can be read. Fields may be missing: "". */
bool hl7_head(Str message, Hl7Head *ret_head);

/* Text of a message as UTF-8, by MSH-18 and content: many systems send GBK without saying so. *ret_encoding: what it was read as, static. *ret_said: that is what
 * MSH-18 says, or nothing. False: it is neither UTF-8 nor that, nor GB18030. `encoding` (may be NULL) is believed instead. */
bool hl7_decode(Str message, const char *encoding, Arena *arena, Str *ret_text, const char **ret_encoding, bool *ret_said);

/* --- Answers (hl7_ack.c) ----------------------------------------------------------------------------------------------------- */

typedef enum {
    HL7_AA, /* taken: only when it is durable and checked */
    HL7_AE, /* its content is at fault: sent again unchanged it would be again */
    HL7_AR, /* not taken for another reason (type, version, no room): the sender may try again */
    HL7_CA, HL7_CE, HL7_CR, /* the same of the enhanced mode: taken into safe storage */
} Hl7AckCode;

/* HL7 table 0357. */
typedef enum {
    HL7_ERR_OK = 0, HL7_ERR_SEQUENCE = 100, HL7_ERR_REQUIRED = 101, HL7_ERR_TYPE = 102, HL7_ERR_TABLE = 103, HL7_ERR_MESSAGE = 200, HL7_ERR_EVENT = 201,
    HL7_ERR_PROCESSING = 202, HL7_ERR_VERSION = 203, HL7_ERR_NO_KEY = 204, HL7_ERR_SAME_KEY = 205, HL7_ERR_LOCKED = 206, HL7_ERR_INTERNAL = 207,
} Hl7ErrorCode;

typedef struct {
    Str segment;      /* ERR-2: "PID"; p NULL: nowhere in particular */
    int number;       /* which of that name, from 1 */
    int field;        /* 0: the whole segment */
    Hl7ErrorCode code; /* ERR-3 */
    char severity;    /* ERR-4: 'E', 'W', 'I' */
    Str text;         /* ERR-7 and 8, for people */
} Hl7Error;

/* Appends an acknowledgement, segments ended by CR, in UTF-8: sender and receiver of `head` (may be NULL: it could not be read) change places; `id` is the answer's
 * own MSH-10, at most 20 characters; `text` is MSA-3, may be none. Texts are escaped. */
void hl7_ack_write(GString *out, const Hl7Head *head, Hl7AckCode code, Str id, int64_t now_ms, int zone_minutes, Str text, const Hl7Error *errors, size_t n_errors);

/* A text as a field with | ^ ~ \ & holds it; line ends become \.br\ . */
void hl7_escape(GString *out, Str text);
