#include <errno.h>
#include <mysql.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* The exchange itself takes some 30 ms (twenty renames, logged and synced), which others wait for
 * too. */
#define WAITING_PART(wait_ms) ((wait_ms) - (wait_ms) / 3)

/* One that waits for no lock holds up nobody but by its own work, which is not to be cut short. */
#define RENAME_TIMEOUT_MS 10000

/* How long the server has to end a RENAME that is killed, or to take the KILL. */
#define KILLED_WAIT_MS 5000
#define LOST_IN_RENAME "the connection to the database was lost during RENAME"

/* How long, and how often, the tables are waited for that a swap is to be undone with. */
#define BACK_WAIT_MS 40
#define BACK_TRIES   50

/* --- the exchange --- */

static bool is_listed(MYSQL_RES *names, const char *name)
{
    MYSQL_ROW row = NULL;
    mysql_data_seek(names, 0);
    while ((row = mysql_fetch_row(names)) != NULL) {
        if (strcmp(row[0], name) == 0)
            return true;
    }
    return false;
}

static int list_tables(struct maria *maria, MYSQL_RES **ret_names, struct fault *fault)
{
    return maria_ask(maria,
                     maria_strangers_text("SELECT TABLE_NAME FROM information_schema.TABLES WHERE "
                                          "TABLE_SCHEMA = DATABASE() AND (TABLE_NAME IN (#) OR "
                                          "TABLE_NAME LIKE 'credd\\_%')"),
                     NULL, 0, ret_names, fault);
}

static void add_rename(struct maria_text *sql, const char *from, const char *no_wait,
                       const char *to)
{
    char *part =
        mem_format("%s%s%s TO %s", sql->used > 0 ? ", " : "RENAME TABLE ", from, no_wait, to);
    maria_text_add(sql, part);
    free(part);
}

/* What one of the tables is called on each side. */
struct names {
    char live[SQL_NAME_MAX], shadow[SQL_NAME_MAX], old[SQL_NAME_MAX];
};

static struct names names_of(size_t swapped)
{
    struct names names;
    (void)sql_name(SQL_LIVE, sql_swapped(swapped), names.live);
    (void)sql_name(SQL_SHADOW, sql_swapped(swapped), names.shadow);
    (void)sql_name(SQL_OLD, sql_swapped(swapped), names.old);
    return names;
}

/* Every live table that there is goes to the old side, every shadow table to the live one. */
static int rename_text(struct maria *maria, const char *no_wait, struct maria_text *ret_sql,
                       struct fault *fault)
{
    MYSQL_RES *names = NULL;
    int r = list_tables(maria, &names, fault);
    if (r != 0)
        return r;
    for (size_t i = 0; i < SQL_SWAPPED; i++) {
        const struct names of = names_of(i);
        if (is_listed(names, of.live))
            add_rename(ret_sql, of.live, no_wait, of.old);
        if (is_listed(names, of.shadow))
            add_rename(ret_sql, of.shadow, no_wait, of.live);
        else
            r = fault_set(fault, -ESTALE, "table %s of the world being built is gone", of.shadow);
    }
    bool left = is_listed(names, "credd_old_world");
    mysql_free_result(names);
    if (r == 0 && left)
        r = maria_lost_check(maria, fault);
    if (r == 0 && left)
        r = maria_drop_side(maria, SQL_OLD, fault);
    return r;
}

/* The other way round: every table of the new world back to where it was built. */
static int back_text(struct maria *maria, struct maria_text *ret_sql, struct fault *fault)
{
    MYSQL_RES *names = NULL;
    int r = list_tables(maria, &names, fault);
    for (size_t i = 0; r == 0 && i < SQL_SWAPPED; i++) {
        const struct names of = names_of(i);
        add_rename(ret_sql, of.live, "", of.shadow);
        if (is_listed(names, of.old))
            add_rename(ret_sql, of.old, "", of.live);
    }
    mysql_free_result(names);
    return r;
}

/* A kill may arrive after the statement's end and hit the next one, which is this. */
static void absorb_kill(struct maria *maria)
{
    for (int i = 0; i < 2 && maria->mysql != NULL; i++)
        (void)maria_run(maria, "DO 0", NULL);
}

static bool has_answer(struct maria *maria, unsigned wait_ms)
{
    struct pollfd answer = {.fd = mysql_get_socket(maria->mysql), .events = POLLIN};
    return poll(&answer, 1, (int)wait_ms) > 0;
}

static int send_text(struct maria *maria, const char *sql, struct fault *fault)
{
    maria->error = 0;
    if (maria->mysql == NULL)
        return fault_set(fault, -ENOTCONN, "there is no connection to the database");
    maria_asks(maria);
    return mysql_send_query(maria->mysql, sql, strlen(sql)) != 0 ? maria_fail(maria, NULL, fault)
                                                                 : 0;
}

/* Has the helper kill what the connection waits for. */
static int kill_query(struct maria *maria)
{
    struct maria *helper = maria->helper;
    char *sql = mem_format("KILL QUERY %lu", mysql_thread_id(maria->mysql));
    int r = send_text(helper, sql, NULL);
    free(sql);
    if (r != 0 || !has_answer(helper, KILLED_WAIT_MS))
        return -ENOTCONN;
    return mysql_read_query_result(helper->mysql) != 0 ? maria_fail(helper, NULL, NULL) : 0;
}

/* Only a server that answers again can say whether it happened. */
static int give_up(struct maria *maria, const char *why, struct fault *fault)
{
    maria_disconnect(maria);
    return fault_set(fault, -ECONNABORTED,
                     "%s, so credd gave the connection up: whether the tables were exchanged shows "
                     "when the server answers (see SHOW FULL PROCESSLIST, its log and its disk)",
                     why);
}

/* Runs the RENAME and has the helper kill it when `wait_ms` are over: one that waits makes all who
 * come after it wait as well. */
static int rename_within(struct maria *maria, const char *sql, unsigned wait_ms,
                         struct fault *fault)
{
    int r = send_text(maria, sql, fault);
    if (r != 0)
        return r == -ENOTCONN ? fault_set(fault, -ECONNABORTED, LOST_IN_RENAME) : r;
    bool late = !has_answer(maria, wait_ms > 0 ? wait_ms : 1);
    if (late && kill_query(maria) != 0)
        return give_up(maria, "the server did not take KILL QUERY for its RENAME TABLE", fault);
    if (late && !has_answer(maria, KILLED_WAIT_MS))
        return give_up(maria, "the server did not end its RENAME TABLE when it was to", fault);
    if (mysql_read_query_result(maria->mysql) != 0)
        r = maria_fail(maria, NULL, fault);
    if (late) {
        unsigned error = maria->error;
        absorb_kill(maria);
        maria->error = error;
    }
    return r == -ENOTCONN ? fault_set(fault, -ECONNABORTED, LOST_IN_RENAME) : r;
}

/* --- who is in the way --- */

#define WHO                                                                                      \
    "SELECT DISTINCT CONCAT('connection ', p.ID, ' of ', p.USER, '@', p.HOST, ' (', p.COMMAND, " \
    "' for ', p.TIME, ' s)') FROM information_schema.PROCESSLIST p "

static const char *const holders[] = {
    WHO "JOIN information_schema.METADATA_LOCK_INFO m ON m.THREAD_ID = p.ID "
        "WHERE m.TABLE_SCHEMA = DATABASE() AND (m.TABLE_NAME IN (#) OR m.TABLE_NAME LIKE "
        "'credd\\_%') AND p.ID NOT IN (CONNECTION_ID(), %lu) LIMIT 5",
    WHO "JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = p.ID "
        "WHERE p.ID NOT IN (CONNECTION_ID(), %lu) LIMIT 5",
    WHO "WHERE p.DB = DATABASE() AND p.ID NOT IN (CONNECTION_ID(), %lu) LIMIT 5",
};

/* The first of these that may be asked and has an answer is the best that can be known. */
static int name_holders(struct maria *maria, struct fault *fault)
{
    struct maria_text found = {0};
    size_t i = 0;
    unsigned long helper = maria->helper->mysql != NULL ? mysql_thread_id(maria->helper->mysql) : 0;
    for (; i < sizeof holders / sizeof *holders && found.used == 0 && maria->mysql != NULL; i++) {
        char id[24];
        struct maria_text query = {0};
        const char *mark = strstr(holders[i], "%lu");
        char *head = mem_text(holders[i]);
        head[mark - holders[i]] = '\0';
        (void)snprintf(id, sizeof id, "%lu", helper);
        maria_text_add(&query, head);
        maria_text_add(&query, id);
        maria_text_add(&query, mark + 3);
        (void)maria_strangers_collect(maria, query.bytes, &found, NULL);
        free(query.bytes);
        free(head);
    }
    int r = fault_set(fault, -EBUSY, "the tables are in use%s%s%s",
                      found.used > 0 ? (i == 1 ? " by " : ", it seems by ") : "",
                      found.used > 0 ? found.bytes : "",
                      i < 3 && found.used > 0
                          ? ""
                          : " (the right PROCESS would let credd name the connections of others)");
    free(found.bytes);
    return r;
}

/* --- one attempt --- */

/* The marker cannot go while the helper's transaction holds its row. */
static int hold_marker(struct maria *maria, struct fault *fault)
{
    struct maria *helper = maria->helper;
    int r = 0;
    if (helper->mysql == NULL)
        r = maria_connect(helper, fault);
    if (r == 0)
        r = maria_run(helper, "START TRANSACTION", fault);
    return r != 0 ? r : maria_check_marker(helper, true, fault);
}

static int expect_shadow(struct maria *maria, struct fault *fault)
{
    char id[STORE_NAME_MAX] = "", unbuilt[24] = "0";
    bool found = false;
    int r = maria_find(maria, sql_text(SQL_WORLD_ID, SQL_SHADOW), NULL, 0, id, sizeof id, &found,
                       fault);
    if (r == 0 && found && maria->shadow_built.s != 0)
        r = maria_find(maria, sql_unbuilt(maria->shadow_built), NULL, 0, unbuilt, sizeof unbuilt,
                       &found, fault);
    if (r == 0 && (!found || strcmp(id, maria->shadow_id) != 0 || strcmp(unbuilt, "0") != 0))
        r = fault_set(fault, -ESTALE, "the world that was being built in database %s is gone",
                      maria->name);
    return r;
}

static int rename_all(struct maria *maria, unsigned wait_ms, struct fault *fault)
{
    /* MySQL has no NOWAIT: there it is the shortest wait. */
    const bool no_wait = wait_ms == 0 && maria->is_mariadb;
    struct maria_text sql = {0};
    int r = rename_text(maria, no_wait ? " NOWAIT" : "", &sql, fault);
    if (r == 0)
        r = rename_within(maria, sql.bytes, no_wait ? RENAME_TIMEOUT_MS : WAITING_PART(wait_ms),
                          fault);
    free(sql.bytes);
    return r;
}

/* -EEXIST if somebody wrote to the new world: that is not to be taken back. */
static int expect_untouched(struct maria *maria, enum sql_side side, struct fault *fault)
{
    char count[24] = "", name[SQL_NAME_MAX];
    struct maria_text sql = {0};
    maria_text_add(&sql, "SELECT COUNT(*) FROM ");
    maria_text_add(&sql, sql_name(side, SCHEMA_STREAM, name));
    for (size_t i = 0; i < SCHEMA_TABLES; i++) {
        const char *table = schema_tables[i].name;
        char *part = mem_format(" %s name = '%s' AND row_count <> (SELECT COUNT(*) FROM %s)",
                                i > 0 ? "OR" : "WHERE", table, sql_name(side, table, name));
        maria_text_add(&sql, part);
        free(part);
    }
    int r = maria_value(maria, sql.bytes, NULL, 0, count, sizeof count, fault);
    return r == 0 && strcmp(count, "0") != 0
               ? fault_set(fault, -EEXIST, "others write to the new world already")
               : r;
}

static int put_back(struct maria *maria, struct fault *fault)
{
    struct maria_text sql = {0};
    int r = expect_untouched(maria, SQL_LIVE, fault);
    if (r == 0)
        r = back_text(maria, &sql, fault);
    if (r == 0)
        r = rename_within(maria, sql.bytes, BACK_WAIT_MS, fault);
    free(sql.bytes);
    return r;
}

static int put_forth(struct maria *maria, struct fault *fault)
{
    return rename_all(maria, BACK_WAIT_MS, fault);
}

static int repeatedly(struct maria *maria, int (*step)(struct maria *, struct fault *),
                      struct fault *fault)
{
    int r = -EBUSY;
    for (int i = 0; r == -EBUSY && i < BACK_TRIES; i++)
        r = step(maria, fault);
    return r;
}

/* 1: the old world is back. Who wrote to the new one may have kept the RENAME waiting. */
static int take_back(struct maria *maria, struct fault *fault)
{
    int r = repeatedly(maria, put_back, fault);
    if (r != 0)
        return r;
    r = expect_untouched(maria, SQL_SHADOW, fault);
    if (r == -EEXIST && (r = repeatedly(maria, put_forth, fault)) == 0)
        return 0;
    return maria->mysql == NULL ? r : 1;
}

/* An ALTER, or a new foreign key or trigger of the application's, that was under way is done before
 * the RENAME is, on what is the old table then. Where the old world cannot be put back, since
 * others use the new one, that stands, and maria_lost() tells. */
static int expect_unaltered(struct maria *maria, struct fault *fault)
{
    struct fault why = {.text = ""}, ignored;
    int r = maria_like_same(maria, SQL_OLD, &why);
    if (r == 0)
        r = maria_swap_closed(maria, SQL_OLD, &why);
    if (r == -ESTALE)
        r = take_back(maria, &ignored);
    if (r == 1)
        return fault_set(fault, -ERESTART, "%s", why.text);
    if (r == -EINTR)
        return fault_set(fault, r, "credd gave up looking at the tables after RENAME");
    return r == -ENOTCONN || r == -ECONNABORTED
               ? fault_set(fault, -ECONNABORTED,
                           "the connection to the database was lost after RENAME")
               : 0;
}

static int exchange(struct maria *maria, const char *old_world_id, unsigned wait_ms,
                    struct fault *fault)
{
    int r = maria_swap_check(maria, fault);
    if (r == 0)
        r = maria_check_world(maria, old_world_id, fault);
    if (r == 0)
        r = expect_shadow(maria, fault);
    if (r == 0)
        r = maria_like_same(maria, SQL_LIVE, fault);
    if (r == 0)
        r = maria_swap_closed(maria, SQL_SHADOW, fault);
    if (r == 0)
        r = maria_swap_names(maria, fault);
    if (r == 0)
        r = rename_all(maria, wait_ms, fault);
    if (r == -EBUSY)
        return name_holders(maria, fault);
    return r == 0 ? expect_unaltered(maria, fault) : r;
}

int maria_swap(struct maria *maria, const char *old_world_id, unsigned wait_ms, struct fault *fault)
{
    if (maria->mysql == NULL)
        return maria_run(maria, "DO 0", fault);
    if (!maria->building)
        return fault_set(fault, -ESTALE, "no world is being built over this connection");
    int r = hold_marker(maria, fault);
    if (r == 0)
        r = exchange(maria, old_world_id, wait_ms, fault);
    if (maria->helper->mysql != NULL && maria_run(maria->helper, "ROLLBACK", NULL) != 0)
        maria_disconnect(maria->helper);
    return r;
}
