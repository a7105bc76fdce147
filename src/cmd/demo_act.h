/* demo_act.h: private to the demo's play: the acts of its people, each one change of the ledger. */
#pragma once

#include "base/json.h"
#include "cmd/demo_play.h"
#include "ledger/ledger.h"
#include "ledger/register.h"

typedef struct {
    int64_t account, org;
    Role role;
    const User *user; /* loaded when first needed */
    const Str *functions; /* what the user's unit does; so, too */
} DemoActor;

struct DemoPlay {
    Store *store;
    Arena *arena;
    const JsonValue *story;
    DemoActor *actors;
    size_t n_actors;
    GHashTable *takers; /* of cases: "ORG DATASET STEP" → place among the actors, from 1; 0: nobody. Made when first needed */
    int64_t acts;
};

/* What decides: a number that follows from a task's number and what is asked. */
uint32_t demo_chance(Str number, const char *what, uint32_t of);

/* A text of the story, by list and chance; "" where the list is empty. */
Str demo_text(const DemoPlay *play, const char *list, Str number, int64_t nth);

/* Somebody with this role who may do the verb to the task now: of `org` if any is there, else anybody. NULL: nobody. */
const User *demo_actor(DemoPlay *play, const Task *task, const char *verb, Role role, int64_t org, GError **err);

/* A verb by that user; the clock moves on. */
bool demo_do(DemoPlay *play, const User *user, Str task, const char *verb, Str reason, Str note, Date until, GError **err);

/* The next open measure answered; *ret_done false: there was none. */
bool demo_answer(DemoPlay *play, const User *user, const Task *task, bool *ret_done, GError **err);

/* Evidence by an entry in the register of the kind that the task asks for; a document where it asks for nothing. */
bool demo_prove(DemoPlay *play, const User *user, const Task *task, GError **err);

/* Divides a task among the members of a collective, where the story says so of its title: in even shares of its first target that adds up, or the same for each. */
bool demo_divide(DemoPlay *play, const Task *task, int64_t issuer, bool *ret_did, GError **err);

/* The nth report on a task, with what is reached of its part by then. */
bool demo_report(DemoPlay *play, const User *user, const Task *task, int64_t percent, int64_t nth, GError **err);

/* The user behind an actor, loaded once. */
const User *demo_user(DemoPlay *play, DemoActor *actor, GError **err);

/* An issuer; NULL: there is none. */
const User *demo_issuer(DemoPlay *play, GError **err);

/* Makes the story's duty rules and meetings, once; sends in what is owed, where its day has come. */
bool demo_duty_day(DemoPlay *play, GError **err);

/* demo_case.c: open cases go on, where there are packs. Files that come later on the day are not looked at before the next. */
bool demo_case_day(DemoPlay *play, Hub *hub, GError **err);

/* The tasks by hand whose day it is. */
bool demo_hand_day(DemoPlay *play, GError **err);

/* Who acts; the clock moves on. */
Actor demo_acting(DemoPlay *play, const User *user);
Ledger demo_ledger(const DemoPlay *play);

/* A comment by a list of the story. */
bool demo_say(DemoPlay *play, const User *user, const Task *task, const char *list, GError **err);
bool demo_comment(DemoPlay *play, const User *user, const Task *task, GError **err);
bool demo_task(DemoPlay *play, Arena *arena, Str uid, Task *ret_task, GError **err);
