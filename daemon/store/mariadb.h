/* mariadb.h - inside the MariaDB backend: the connection's state and what its parts share. */
#ifndef CREDD_STORE_MARIADB_H
#define CREDD_STORE_MARIADB_H

#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cell.h"
#include "base/change.h"
#include "clock/instant.h"
#include "store/refusal.h"
#include "store/sql.h"
#include "store/store.h"

/* A server that says nothing for so long is taken for dead: when connecting, and later, which is
 * longer than it waits for a lock. */
#define MARIA_CONNECT_S 4U
#define MARIA_ANSWER_S  30U

struct maria {
    char *hosts, *socket, *name, *user, *password, *tls_ca;
    unsigned port;
    bool no_bulk;
    bool is_self; /* the user has the name of the process's, whom unix_socket lets in */
    bool local;   /* neither a socket nor a host is configured: the socket if it is there, or TCP */

    MYSQL *mysql;                   /* NULL: not connected */
    bool by_socket;                 /* the last attempt to connect went there */
    bool is_mariadb;                /* else MySQL */
    bool has_bulk;                  /* and is to be used */
    size_t request_max;             /* bytes of one request: a quarter of what the server accepts */
    unsigned error;                 /* the server's or the library's number for the last failure, */
    char sqlstate[6];               /* its SQLSTATE */
    char said[512];                 /* and its words */
    mono_time asked;                /* when the last request went out, or connecting began */
    bool begun;                     /* the transaction of maria_transaction(), which has to last */
    bool building;                  /* this connection holds the builder's lock, */
    bool likes;                     /* and builds after the living tables, */
    char *like[SQL_LIKED];          /* which were defined so; NULL: not there */
    char shadow_id[STORE_NAME_MAX]; /* of the world that it builds, */
    world_time shadow_built;        /* and store_description.built of it */
    char account[160];              /* CURRENT_USER(), quoted */
    char description[512];          /* for store_describe() */

    pthread_mutex_t lock; /* guards `plug` */
    int plug;             /* duplicate of the connection's socket, ours to shut down; -1: none */
    int wake;             /* eventfd: ends the waiting in connect */
    atomic_bool cut;      /* store_interrupt() was called since the last connect */

    struct maria *helper; /* a second connection, for what must happen while this one waits */
};

/* --- mariadb_handle.c: the connection in hand --- */
/* What store_interrupt() shuts down from now on; -1: nothing. */
void maria_plug(struct maria *maria, int socket_of);
void maria_interrupt(struct maria *maria);
void maria_disconnect(struct maria *maria);
/* Whether another server can take this one's place. */
bool maria_has_choice(const struct maria *maria);
/* How the living tables were defined. */
void maria_like_forget(struct maria *maria);

/* --- mariadb_error.c: what the numbers mean --- */
/* To be called before each request: how long an answer takes is counted from here. */
void maria_asks(struct maria *maria);
/* Fills `fault` from the connection's (or, if not NULL, the statement's) error and returns its
 * code; a connection that is lost is closed. */
int maria_fail(struct maria *maria, MYSQL_STMT *statement, struct fault *fault);
/* The fault for a connection that could not be made; `mysql` is the failed handle. */
int maria_refused(struct maria *maria, MYSQL *mysql, const char *where, struct fault *fault);
/* The fault for a transaction that the server rolled back without a word; as a deadlock's. */
int maria_rolled_back(struct maria *maria, struct fault *fault);
/* True if the last failure goes away when the transaction is done again. */
bool maria_again(const struct maria *maria);
/* True if the last failure is a table that does not exist. */
bool maria_no_table(const struct maria *maria);

/* --- mariadb_dial.c: reaching the server --- */
#define MARIA_LOCAL_HOST "127.0.0.1"
/* Where this machine's server has its socket if nothing else is said. */
const char *maria_local_socket(void);
int maria_dial(struct maria *maria, struct fault *fault);

/* --- mariadb_link.c: connection, statements --- */
struct maria *maria_new(const struct store_config *config);
void maria_free(struct maria *maria);
int maria_connect(struct maria *maria, struct fault *fault);

/* Runs a statement without a result, `sql` being taken: its ? marks stand for `cells` in turn. */
int maria_do(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
             struct fault *fault);
/* The same of a constant text without marks. */
int maria_run(struct maria *maria, const char *sql, struct fault *fault);
/* -EBUSY, and to be done again, if the transaction that was begun is not there any more: a server
 * may roll it back, as a deadlock's victim or where a cluster rejects it, and answer that all is
 * well; what follows would be committed by itself. */
int maria_still_begun(struct maria *maria, struct fault *fault);
/* The same with a result, buffered, to be released with mysql_free_result(). */
int maria_ask(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
              MYSQL_RES **ret_result, struct fault *fault);
/* The first column of the first row, NUL-terminated and cut to `room`; -ENOENT if there is no row.
 */
int maria_value(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
                char *ret_value, size_t room, struct fault *fault);
/* The same where neither the row nor the table has to be there. */
int maria_find(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
               char *ret_value, size_t room, bool *ret_found, struct fault *fault);
uint64_t maria_affected(const struct maria *maria);

/* Runs `body` in a transaction of its own, again if the server chose it as a deadlock's victim or a
 * lock was not to be had in time, a few times at most. */
typedef int maria_body(struct maria *maria, void *context, struct fault *fault);
int maria_transaction(struct maria *maria, maria_body *body, void *context, struct fault *fault);
/* A read-only transaction in which all reads agree, and its end. */
int maria_begin_snapshot(struct maria *maria, struct fault *fault);
int maria_end_snapshot(struct maria *maria, struct fault *fault);

/* --- mariadb_text.c: statement texts --- */
struct maria_text {
    char *bytes; /* NUL-terminated once anything was added */
    size_t used, room;
};
void maria_text_add(struct maria_text *text, const char *more);
void maria_text_cell(struct maria_text *text, MYSQL *mysql, const struct cell *cell);
void maria_text_literal(struct maria_text *text, MYSQL *mysql, const char *bytes, size_t length);
/* `sql` with its ? marks replaced by the cells as literals; new memory. */
char *maria_text_expand(MYSQL *mysql, const char *sql, const struct cell *cells, unsigned count,
                        size_t *ret_length);
/* "BINARY 'customers', …": a server may have other tables of the same letters in another case, and
 * its information_schema compares without it. */
void maria_text_tables(struct maria_text *text);
/* The same of all that a new world makes after the living ones, on that side. */
void maria_text_liked(struct maria_text *text, enum sql_side side);

static inline struct cell maria_cell_text(const char *text)
{
    struct cell cell = {.kind = CELL_TEXT, .length = 0};
    while (text[cell.length] != '\0' && cell.length < UINT16_MAX)
        cell.length++;
    cell.text = text;
    return cell;
}

static inline struct cell maria_cell_number(int64_t number)
{
    struct cell cell = {.kind = CELL_INTEGER};
    cell.number = number;
    return cell;
}

/* --- mariadb_mark.c: whose database this is --- */
int maria_probe(struct maria *maria, enum store_kind *ret_kind, struct fault *why);
int maria_claim(struct maria *maria, struct fault *fault);
int maria_adopt(struct maria *maria, const struct fill *fills, struct fault *fault);
/* Which version's marker there is; -EPERM if it is of one that this version does not know. */
int maria_age(struct maria *maria, enum schema_age *ret, struct fault *fault);
/* Puts a row into credd_meta. */
int maria_put_meta(struct maria *maria, const char *name, const char *value, struct fault *fault);
/* -EPERM unless this version's marker is there; with `hold` its row is locked until the transaction
 * ends. */
int maria_check_marker(struct maria *maria, bool hold, struct fault *fault);
/* -ESTALE unless that is the world; "" is none, and then none of the five may hold rows. */
int maria_check_world(struct maria *maria, const char *world_id, struct fault *fault);

/* --- mariadb_strangers.c: what others hung on our tables --- */
/* `query` with its # marks replaced by the names of the tables that a new world makes after the
 * living ones, and its $ marks by those of all three sides, quoted. */
char *maria_strangers_text(const char *query);
/* Runs such a query whose rows are one part of a sentence each, and joins them. */
int maria_strangers_collect(struct maria *maria, const char *query, struct maria_text *found,
                            struct fault *fault);
/* -ESTALE if a foreign key leads into the old tables, or out of the shadow ones, or these have
 * triggers: made after maria_swap_check(), or left so by a RENAME that the server gave up. */
int maria_swap_closed(struct maria *maria, enum sql_side side, struct fault *fault);
/* Adds the names of these. */
int maria_swap_hung(struct maria *maria, enum sql_side side, struct maria_text *found,
                    struct fault *fault);
int maria_swap_check(struct maria *maria, struct fault *fault);
/* -EPERM with the statement that helps if the new tables cannot be renamed for a foreign key's
 * name.
 */
int maria_swap_names(struct maria *maria, struct fault *fault);

/* --- mariadb_difference.c --- */
/* Gives the shadow of a table that was adopted what that lacks: indexes, its foreign key. */
int maria_difference_complete(struct maria *maria, const struct schema_table *table,
                              struct fault *fault);
int maria_differences(struct maria *maria, const struct fill *fills,
                      store_difference_visitor *visit, void *context, struct fault *fault);

/* --- mariadb_world.c: the description of a world --- */
int maria_load(struct maria *maria, enum sql_side side, struct store_description *ret,
               struct fault *fault);
int maria_ages(struct maria *maria, struct store_ages *ret_ages, struct fault *fault);
/* -ESTALE unless credd's own tables are as old as `made` says; 0 is any age. Last in a transaction:
 * what it wrote to then stays as it is until COMMIT. */
int maria_check_made(struct maria *maria, int64_t made, struct fault *fault);
int maria_glance(struct maria *maria, char ret_world_id[STORE_NAME_MAX],
                 struct store_stream *ret_streams, size_t room, size_t *ret_count,
                 struct fault *fault);
/* The world's id; -ENOENT if there is no such table or no such row. */
int maria_world_id(struct maria *maria, enum sql_side side, char ret_id[STORE_NAME_MAX],
                   struct fault *fault);

/* --- mariadb_amend.c: changes of the description --- */
int maria_amend(struct maria *maria, const struct store_amendment *amendment, struct fault *fault);
int maria_note(struct maria *maria, const char *world_id, int64_t generation,
               const struct store_pair *pairs, size_t count, struct fault *fault);
int maria_has_act(struct maria *maria, const char *id, bool *ret, struct fault *fault);
/* Writes a whole description into empty tables of the shadow side; inside a transaction. */
int maria_describe_shadow(struct maria *maria, const struct store_description *description,
                          struct fault *fault);

/* --- mariadb_refusal.c: what a statement that writes rows failed for --- */
/* Where rows go. */
struct maria_aim {
    const struct schema_table *table;
    enum sql_side side;
    bool skips; /* a row whose value the application's rules refuse is left out */
    struct fill_use use;
};
/* Of the last failure; NONE: it is the statement's, the connection's or the server's. */
enum refusal_kind maria_refusal(const struct maria *maria);
/* The sentence for it; `key` of the row, or NULL. */
int maria_refusal_fault(struct maria *maria, const struct maria_aim *aim, const char *key,
                        struct fault *fault);
/* `code`, or -EPROTOTYPE where the last failure is a refusal by the table. */
int maria_refused_by(struct maria *maria, int code, const struct maria_aim *aim,
                     struct fault *fault);
/* Whether the row's customer is there; whoever would alter customers waits from then on. */
int maria_has_parent(struct maria *maria, const struct maria_aim *aim, const struct cell *cells,
                     bool *ret_there, struct fault *fault);
/* The insertion of that row alone was refused: 0 if it is to be left out, for its value or since it
 * is there or its customer is not; else as above. */
int maria_row_refused(struct maria *maria, const struct maria_aim *aim, const struct cell *cells,
                      struct fault *fault);

/* --- mariadb_columns.c: what becomes of what is written --- */
/* -EPROTOTYPE if a column of credd's is missing or of a type that would change its values without a
 * word, or if the table is missing. From here on the transaction keeps the table as it is defined.
 */
int maria_columns_keep(struct maria *maria, const struct maria_aim *aim, struct fault *fault);
/* Which columns of the fill the table has; -EPROTOTYPE: one would round its number. */
int maria_columns_filled(struct maria *maria, const struct maria_aim *aim, unsigned *ret_columns,
                         struct fault *fault);

/* --- mariadb_bulk.c: many rows in one statement --- */
/* Rows as text, column by column, so that bulk execute can bind them as they are. */
struct maria_rows {
    unsigned columns;
    size_t count, room; /* rows */
    char **texts;       /* texts[column * room + row], borrowed or in `prints` */
    unsigned long *lengths;
    char *nulls;  /* STMT_INDICATOR_… */
    char *prints; /* MARIA_PRINT_MAX bytes for each cell */
    bool *kept;   /* of each row, after maria_rows_insert(): it is in the table now */
    size_t bytes;
};
struct maria_rows *maria_rows_new(unsigned columns, size_t room);
void maria_rows_free(struct maria_rows *rows);
void maria_rows_clear(struct maria_rows *rows);
/* Texts are borrowed until the rows are inserted. */
void maria_rows_add(struct maria_rows *rows, const struct cell *cells);
bool maria_rows_full(const struct maria *maria, const struct maria_rows *rows);
/* Runs `insert` ("INSERT INTO … VALUES (?, …)") for all rows; those that are refused by their own
 * fault are left out, and only those. */
int maria_rows_insert(struct maria *maria, const struct maria_aim *aim, const char *insert,
                      struct maria_rows *rows, struct fault *fault);
/* The same with an UPDATE that ends in the row's key, its last column: a row whose new values the
 * application's rules refuse is left out where the aim says so. */
int maria_rows_update(struct maria *maria, const struct maria_aim *aim, const char *update,
                      struct maria_rows *rows, struct fault *fault);

/* --- mariadb_update.c: values of rows --- */
/* The updates of a batch, in their order. */
int maria_update(struct maria *maria, const struct maria_aim *aim,
                 const struct change *const *changes, size_t count, struct store_outcome *outcome,
                 struct fault *fault);

/* --- mariadb_rows.c: a batch of changes; mariadb_page.c: reading them back --- */
int maria_commit(struct maria *maria, bool shadow, const struct store_batch *batch,
                 struct store_outcome *ret_outcome, struct fault *fault);
int maria_page(struct maria *maria, const char *table, const char *after, size_t limit,
               store_visitor *visit, void *context, size_t *ret_count, struct fault *fault);

/* --- mariadb_view.c --- */
int maria_views(struct maria *maria, bool wanted, struct fault *fault);

/* --- mariadb_upgrade.c: from schema 2 --- */
int maria_upgrade(struct maria *maria, const char *owner, struct fault *fault);

/* --- mariadb_like.c: a new world's tables made after the living ones --- */
/* -EPERM with their names if a living table has what no new one can have. */
int maria_like_check(struct maria *maria, struct fault *fault);
/* Makes the shadow of that table (see sql_liked()) after the living one; `ret_made` is false if
 * there is none. -EPERM with the name of what cannot be made. */
int maria_like_make(struct maria *maria, size_t liked, bool *ret_made, struct fault *fault);
/* The definition of the table as that of a living one, whichever side it stands on; NULL: it is not
 * there. New memory. */
int maria_like_shape(struct maria *maria, enum sql_side side, const char *table, char **ret,
                     struct fault *fault);
/* -ESTALE if the tables of that side are not defined as the living ones were then. */
int maria_like_same(struct maria *maria, enum sql_side side, struct fault *fault);

/* --- mariadb_lost.c: what of the application's a swap took out of the world --- */
/* Notes in the world that is built what its tables were made after; inside a transaction. */
int maria_lost_begin(struct maria *maria, struct fault *fault);
int maria_lost(struct maria *maria, struct store_loss *ret, struct fault *fault);
/* Notes a loss in the living world, before the tables go that show it. */
int maria_lost_note(struct maria *maria, struct fault *fault);
/* -ESTALE if the old tables show a loss that is not noted yet: they are not to be dropped. */
int maria_lost_check(struct maria *maria, struct fault *fault);

/* --- mariadb_shadow.c: a new world beside the old; mariadb_swap.c: the exchange --- */
/* The builder's lock: false in `ret_taken` if another connection has it. */
int maria_lock_builder(struct maria *maria, bool *ret_taken, struct fault *fault);
int maria_unlock_builder(struct maria *maria, struct fault *fault);
/* Creates one of credd's own tables on the shadow side. */
int maria_create_own(struct maria *maria, const struct schema_own *own, struct fault *fault);
int maria_drop_side(struct maria *maria, enum sql_side side, struct fault *fault);
int maria_shadow_begin(struct maria *maria, const struct store_description *description,
                       struct fault *fault);
/* -EPERM if one of the five holds rows: to be asked where there is no world yet. */
int maria_none_filled(struct maria *maria, struct fault *fault);
int maria_swap(struct maria *maria, const char *old_world_id, unsigned wait_ms,
               struct fault *fault);
int maria_sweep(struct maria *maria, struct fault *fault);

#endif
