/* upgrade.h - inside store/: what schema 2 (version 0.1.0) keeps, made into what schema 3 keeps.
 *
 * Pure, and the same for both kinds of database: they read the old rows as text, and write the
 * description that comes out. The same rows always give the same description, so that a step that
 * was cut off can be done again. */
#ifndef CREDD_STORE_UPGRADE_H
#define CREDD_STORE_UPGRADE_H

#include "store/store.h"

/* --- upgrade_rows.c: the rows of schema 2 --- */

enum upgrade_part { UPGRADE_PAIRS, UPGRADE_STREAMS, UPGRADE_ACTS, UPGRADE_GAPS, UPGRADE_PARTS };

struct upgrade_stream {
    char name[STORE_NAME_MAX];
    int64_t generation; /* a counter */
    int64_t watermark, started, rows, skipped, enabled, paused;
    int64_t paused_wall_us, resumes_wall_us;         /* 0: none */
    int64_t tempo, tempo_after, tempo_until_wall_us; /* millionths; until 0: for good */
    char reason[STORE_VALUE_MAX];
};

struct upgrade_act {
    char id[STORE_NAME_MAX]; /* begins with its world's id and '-' */
    char kind[STORE_NAME_MAX];
    char stream[STORE_NAME_MAX]; /* "" for all */
    int64_t at, wall_us, value, uid, pid;
    char user[STORE_NAME_MAX];
    char reason[STORE_VALUE_MAX];
};

struct upgrade_rows {
    struct store_pair *pairs;
    struct upgrade_stream *streams;
    struct upgrade_act *acts;
    struct store_gap *gaps; /* without `seq` */
    size_t counts[UPGRADE_PARTS];
};

#define UPGRADE_COLUMNS_MAX 16

/* The statement that reads a part; new memory. */
char *upgrade_query(enum upgrade_part part);
unsigned upgrade_columns(enum upgrade_part part);
/* Adds one row of what that statement gave. -EUCLEAN if a number is none. */
int upgrade_add(struct upgrade_rows *rows, enum upgrade_part part, const char *const *columns,
                struct fault *fault);
void upgrade_rows_done(struct upgrade_rows *rows);

/* --- upgrade.c: what becomes of them --- */

/* -EUCLEAN if the rows are no world of schema 2. `ret` is to be released. */
int upgrade_convert(const struct upgrade_rows *rows, struct store_description *ret,
                    struct fault *fault);
/* Is this one of credd's own tables whose content the conversion gives? The others stay. */
bool upgrade_replaces(const char *table);

/* --- upgrade_act.c: the parameters of an act as schema 3 spells them --- */

/* `until`: when a tempo ends, in world time; 0: it is for good. */
void upgrade_parameters(const struct upgrade_act *act, world_time until,
                        char ret[STORE_PARAMETERS_MAX]);
/* When the interval that an act describes ends: `value` seconds after its `at`. */
world_time upgrade_end(const struct upgrade_act *act);

#endif
