#include <errno.h>
#include <string.h>

#include "store/sqlite.h"

/* The `seq` of an act, 0 if it is not there. */
static int find_act(struct sqlite *self, const char *id, int64_t *ret_seq, struct fault *fault)
{
    sqlite3_stmt *statement;
    int rc = sqlite_kept(self, SQL_ACT_SEQ, SQL_LIVE, &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "t", id);
    rc = sqlite_next(self, statement, fault);
    if (rc >= 0)
        *ret_seq = rc == 1 ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_reset(statement);
    return rc < 0 ? rc : 0;
}

int sqlite_has_act(struct sqlite *self, const char *id, bool *ret, struct fault *fault)
{
    int64_t seq = 0;
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = find_act(self, id, &seq, fault);
    if (rc == 0)
        *ret = seq != 0;
    return rc;
}

static int put_pairs(struct sqlite *self, enum sql_side side, const struct store_pair *pairs,
                     size_t count, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = sqlite_do(self, SQL_PAIR_PUT, side, fault, "tt", pairs[i].name, pairs[i].value);
    return rc;
}

static int put_act(struct sqlite *self, enum sql_side side, const struct store_act *act,
                   int64_t seq, struct fault *fault)
{
    return sqlite_do(self, SQL_ACT_ADD, side, fault, "itttiitiitt", seq, act->world_id, act->id,
                     act->kind, act->at.s, act->wall_us, act->parameters, act->uid, act->pid,
                     act->user, act->reason);
}

static int put_gap(struct sqlite *self, enum sql_side side, const struct store_gap *gap,
                   int64_t seq, struct fault *fault)
{
    return sqlite_do(self, SQL_GAP_PUT, side, fault, "tiii", gap->stream, gap->from.s, gap->until.s,
                     seq);
}

static int last_seq(struct sqlite *self, int64_t *ret, struct fault *fault)
{
    sqlite3_stmt *statement;
    int rc = sqlite_kept(self, SQL_ACT_LAST, SQL_LIVE, &statement, fault);
    if (rc == 0)
        rc = sqlite_next(self, statement, fault);
    if (rc <= 0)
        return rc;
    bool number = sqlite3_column_type(statement, 0) == SQLITE_INTEGER;
    *ret = number ? sqlite3_column_int64(statement, 0) : -1;
    (void)sqlite3_reset(statement);
    if (*ret < 0 || *ret > STORE_SEQ_MAX)
        return fault_set(fault, -EUCLEAN, "%s: the last seq of " SCHEMA_ACT " is none of credd's",
                         self->path);
    return 0;
}

/* New acts in turn behind the last one; then the gaps, which the first of them left. */
static int add_acts(struct sqlite *self, const struct store_amendment *amendment,
                    struct fault *fault)
{
    int64_t last = 0;
    int rc = last_seq(self, &last, fault);
    int64_t first = last;
    if (rc == 0 && amendment->last_seq != 0 && amendment->last_seq != last)
        return fault_set(fault, -ESTALE, "the acts are not those of the state that is known");
    for (size_t i = 0; i < amendment->act_count && rc == 0; i++) {
        const struct store_act *act = &amendment->acts[i];
        int64_t seq = 0;
        rc = find_act(self, act->id, &seq, fault);
        if (rc == 0 && seq == 0) {
            seq = ++last;
            rc = put_act(self, SQL_LIVE, act, seq, fault);
        }
        first = i == 0 ? seq : first;
    }
    for (size_t i = 0; i < amendment->gap_count && rc == 0; i++)
        rc = put_gap(self, SQL_LIVE, &amendment->gaps[i], first, fault);
    return rc;
}

static int put_streams(struct sqlite *self, const struct store_stream *streams, size_t count,
                       struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct store_stream *s = &streams[i];
        rc = sqlite_do(self, SQL_STREAM_PUT, SQL_LIVE, fault, "iiiiittti", s->not_before.s,
                       (int64_t)s->paused, s->paused_at.s, s->paused_wall_us, s->resumes_wall_us,
                       s->paused_by, s->reason, s->name, s->watermark.s);
        if (rc == 0 && sqlite3_changes(self->db) != 1)
            rc = fault_set(fault, -ESTALE, "%s: another daemon brought %s further", self->path,
                           s->name);
    }
    return rc;
}

static int add_streams(struct sqlite *self, enum sql_side side,
                       const struct store_description *from, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < from->stream_count && rc == 0; i++) {
        const struct store_stream *s = &from->streams[i];
        rc = sqlite_do(self, SQL_STREAM_ADD, side, fault, "ttiiiiiiiiiitt", s->name, from->world_id,
                       s->generation, s->watermark.s, (int64_t)s->started, s->rows, s->skipped,
                       s->not_before.s, (int64_t)s->paused, s->paused_at.s, s->paused_wall_us,
                       s->resumes_wall_us, s->paused_by, s->reason);
    }
    return rc;
}

int sqlite_describe(struct sqlite *self, enum sql_side side,
                    const struct store_description *description, struct fault *fault)
{
    int rc = put_pairs(self, side, description->pairs, description->pair_count, fault);
    if (rc == 0)
        rc = sqlite_do(self, SQL_PAIR_PUT, side, fault, "tt", "id", description->world_id);
    if (rc == 0)
        rc = add_streams(self, side, description, fault);
    for (size_t i = 0; i < description->act_count && rc == 0; i++)
        rc = put_act(self, side, &description->acts[i], description->acts[i].seq, fault);
    for (size_t i = 0; i < description->gap_count && rc == 0; i++)
        rc = put_gap(self, side, &description->gaps[i], description->gaps[i].seq, fault);
    return rc;
}

/* The world of this id must be the current one. */
static int expect_world(struct sqlite *self, const char *world_id, struct fault *fault)
{
    char id[STORE_NAME_MAX] = "";
    int rc = sqlite_world_id(self, SQL_LIVE, id, fault);
    if (rc == -ENOENT || (rc == 0 && strcmp(id, world_id) != 0))
        rc = fault_set(fault, -ESTALE, "the world %s is not the current one of %s any more (%s is)",
                       world_id, self->path, id[0] != '\0' ? id : "none");
    return rc;
}

static int count_streams(struct sqlite *self, enum sql_text text, const char *world_id,
                         int64_t generation, int64_t *ret, struct fault *fault)
{
    sqlite3_stmt *statement;
    int rc = sqlite_kept(self, text, SQL_LIVE, &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "ti", world_id, generation);
    rc = sqlite_next(self, statement, fault);
    if (rc >= 0)
        *ret = sqlite3_column_int64(statement, 0);
    (void)sqlite3_reset(statement);
    return rc < 0 ? rc : 0;
}

/* All streams must be in the generation that the caller knows. */
static int expect_generation(struct sqlite *self, const char *world_id, int64_t generation,
                             struct fault *fault)
{
    int64_t same = 0, others = 0;
    int rc = count_streams(self, SQL_STREAM_SAME, world_id, generation, &same, fault);
    if (rc == 0)
        rc = count_streams(self, SQL_STREAM_OTHERS, world_id, generation, &others, fault);
    if (rc == 0 && (same == 0 || others > 0))
        rc = fault_set(fault, -ESTALE, "the clock of the world %s was changed by somebody else",
                       world_id);
    return rc;
}

/* A transaction on that world in that generation; there is none on failure. */
static int begin_in_world(struct sqlite *self, const char *world_id, int64_t generation,
                          struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = sqlite_begin(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = expect_world(self, world_id, fault);
    if (rc == 0)
        rc = expect_generation(self, world_id, generation, fault);
    return rc != 0 ? sqlite_end(self, rc, fault) : 0;
}

int sqlite_amend(struct sqlite *self, const struct store_amendment *amendment, struct fault *fault)
{
    int rc = begin_in_world(self, amendment->world_id, amendment->generation, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_do(self, SQL_STREAM_NEXT, SQL_LIVE, fault, "iti", amendment->next_generation,
                   amendment->world_id, amendment->generation);
    if (rc == 0)
        rc = put_pairs(self, SQL_LIVE, amendment->pairs, amendment->pair_count, fault);
    if (rc == 0)
        rc = put_streams(self, amendment->streams, amendment->stream_count, fault);
    if (rc == 0)
        rc = add_acts(self, amendment, fault);
    return sqlite_end(self, rc, fault);
}

int sqlite_note(struct sqlite *self, const char *world_id, int64_t generation,
                const struct store_pair *pairs, size_t count, struct fault *fault)
{
    int rc = begin_in_world(self, world_id, generation, fault);
    if (rc != 0)
        return rc;
    rc = put_pairs(self, SQL_LIVE, pairs, count, fault);
    return sqlite_end(self, rc, fault);
}
