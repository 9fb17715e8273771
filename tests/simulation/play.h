/* play.h - one run of the simulation: machines with whole daemons on one database, what happens to
 * them, and what must be so at every step.
 *
 * In the order of the sections below each file calls only those before it. */
#ifndef CREDD_SIMULATION_PLAY_H
#define CREDD_SIMULATION_PLAY_H

#include "engine/engine.h"
#include "simulation/dice.h"
#include "simulation/fiber.h"
#include "simulation/heap.h"
#include "simulation/memory_parts.h"
#include "simulation/virtual_disk.h"
#include "simulation/virtual_time.h"

#define HOSTS_MAX   2
#define THREADS_MAX 4
#define INBOX_MAX   16
#define ASKED_MAX   256
#define TOUCHED_MAX 64
#define PROMISES    32

#define SECOND_US   INT64_C(1000000)
#define NEVER_US    INT64_MAX
#define ALL_STREAMS ((1u << STREAM_COUNT) - 1)

struct play;

/* A thread of a daemon; the first one is its loop. */
struct thread {
    struct host *host;
    struct fiber *fiber;
    void (*run)(void *argument);
    void *argument;
    int64_t until_us;      /* of the play's time: it goes on then */
    struct thread *joiner; /* who waits for its end */
    bool woken, sleeps, ended;
    bool calls; /* stands within a database call */
    enum memory_op op;
    enum memory_point point;
};

/* Something that an operator asked for. */
struct asked {
    struct host *host;
    struct open_request *open;
    struct request request;
    const struct config *reload; /* instead of a request */
    int64_t number;              /* the pid that it is asked with, by which its act is known */
    int64_t since_us;            /* of the play's time */
    int64_t wall_us;             /* of its host when it was asked */
    unsigned life;               /* of the daemon that was asked */
    bool listens;                /* hears news */
    bool delivered, ended, lost; /* lost: the daemon was killed before it answered */
    bool forgone;                /* a restored backup may have taken it away */
    bool told;                   /* the journal says that it was done */
    struct request_end end;
};

/* What a daemon last said of itself. */
struct shown {
    bool known, heard; /* heard: nothing was on its way from another daemon */
    unsigned life;
    char world_id[STORE_NAME_MAX];
    int64_t world_s, amended_us;
    struct counters counters;
};

/* A machine with one daemon. */
struct host {
    struct play *play;
    unsigned place;
    struct virtual_time time;
    struct virtual_disk *disk;
    struct heap *heap;
    struct time_source source;
    struct token_source tokens;
    struct store_source stores;
    struct thread_driver driver;
    struct disk disk_of;
    struct outside outside;
    struct thread threads[THREADS_MAX];
    size_t thread_count;
    const struct config *config;
    struct engine *engine;
    int wake_fd;
    char owner[64];
    unsigned life;       /* how often it was started */
    bool alive;          /* there is a daemon */
    bool between;        /* its loop is between two turns */
    bool stopping;       /* it was asked to end */
    bool stopped;        /* it ended by itself */
    int64_t slack_s;     /* by so much world time may go back where the wall is brought along */
    uint64_t step_turns; /* its turns at the last step of its wall */
    bool excused;        /* world time may go back */
    bool unsure;         /* a COMMIT got no answer: it does not know yet where the clock stands */
    bool clean;          /* nothing was left behind then */
    int64_t killed_us;   /* the last kill, if nothing else was in the way; 0 */
    struct shown then;   /* what it had said of itself */
    int64_t frozen_us;   /* it does not run until then */
    int64_t start_us;    /* a dead one starts then */
    int64_t doomed_us;   /* it is killed then; 0: nobody means to */
    bool swapped;        /* it has not read the world that it put in place */
    struct asked *inbox[INBOX_MAX];
    size_t inbox_count;
    uint64_t lines, wakes, turns, calls, commits;  /* of all its lives */
    uint64_t turns_then, calls_then, commits_then; /* when they were last looked at */
    struct shown shown;
};

/* The database as it is, and what it was at the step before. */
struct sight {
    bool has_world;
    struct world_state state;
    size_t rows[STREAM_COUNT], moves;
    int64_t furthest_us; /* the furthest that the database's clock ever said in this world */
    int64_t before_us;   /* what that was before an earlier state was restored */
    int64_t last_act;    /* instant of the latest act of this world, in seconds */
};

/* That nothing of these streams moves. */
struct promise {
    bool holds, world;
    unsigned streams;
    int64_t until_wall_us; /* NEVER_US: until somebody resumes */
    const struct asked *asked;
    char world_id[STORE_NAME_MAX];
    int64_t world_s; /* where the world stood when it was answered */
};

/* What some runs are full of: rare things show only where they meet. */
enum theme { THEME_NONE, THEME_RESETS, THEME_RESTORES, THEME_CLOCKS };

/* How wild a run is. */
struct weather {
    enum theme theme;
    int64_t calm_us;     /* the disorder ends then */
    unsigned faults;     /* of 10,000 calls so many fail */
    unsigned cruelty;    /* of 10,000 steps within a call so many are hit by something */
    unsigned latency;    /* of 100 steps so many take their time */
    int64_t most_gap_us; /* between two events */
    bool kills, clocks, restores, resets, application, alters, locks, disk_faults, fast;
};

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which it is read */
struct play {
    uint64_t seed;
    struct dice order, fate, events, tokens, latency;
    struct fibers *fibers;
    struct memory_database *db;
    struct host hosts[HOSTS_MAX];
    size_t host_count;
    struct thread *running;
    struct weather weather;
    int64_t now_us, next_event_us, wall_most_us;
    int64_t set_back_us; /* when a wall was last set back; 0: never */
    unsigned crowd;      /* so many events come close together */
    bool calm;
    uint64_t steps;
    /* the database and others */
    int64_t locked_until_us, hung_until_us, slow_until_us, fast_until_us;
    int64_t refused_until_us[STREAM_COUNT]; /* by its table; 0: it is not */
    int64_t amended_us; /* the last time that what describes the world changed */
    int64_t trouble_us; /* the last moment at which something was in the way */
    struct memory_snapshot *snapshots[3];
    size_t snapshot_count;
    const struct memory_snapshot *half;      /* with a world that was being built */
    int64_t copy_us, copy_back_us;           /* it is taken, and put back, then; 0: not */
    bool copy_awaits;                        /* the swap, to be put back right after it */
    const struct memory_snapshot *restoring; /* table by table; NULL: none is */
    unsigned restored_parts;
    int64_t restore_next_us;
    bool restore_awaits;                       /* a batch: it begins soon after */
    char touched[TOUCHED_MAX][STORE_NAME_MAX]; /* keys of rows that the application changed */
    size_t touched_count;
    bool all_touched; /* there were more */
    /* operators */
    struct asked asked[ASKED_MAX];
    size_t asked_count;
    struct promise promises[PROMISES];
    size_t promise_count, promise_next;
    int64_t noted_us; /* when the database's clock was last noted */
    /* checking */
    uint64_t changes, checked; /* of the database, and when the tables were last looked through */
    bool dirty, described; /* the database may have changed; so may have what describes the world */
    struct sight sight;
    int64_t sample_us; /* when the samples were taken; 0: none */
    int64_t doubt_us;  /* since when what is said is not what is so; 0: it is */
    bool doubts;
    world_time next_sample[HOSTS_MAX];
    world_time sample[HOSTS_MAX], sampled[STREAM_COUNT];
    int64_t rate_us; /* when turns and calls were last looked at */
    bool trace;
    char *trail; /* the last lines of what happened, if it is kept */
    size_t trail_used;
    bool failed;
    char check[48], why[400];
};

struct tally {
    uint64_t runs, steps, acts, rows, kills, requests;
};

/* --- note.c: what is said of a run --- */

void play_trace(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The first one counts: the run ends. */
void play_fail(struct play *play, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- settings.c: configurations, made once --- */

size_t settings_count(void);
const struct config *settings_of(size_t which);
/* The instant at which runs with that configuration begin. */
int64_t settings_wall_us(size_t which);
/* Other values for the same kind of world. */
const struct config *settings_other(size_t which, struct dice *dice);

/* --- host.c: machines and their daemons --- */

void host_open(struct play *play, struct host *host, const struct config *config, int64_t wall_us);
void host_close(struct host *host);
void host_start(struct host *host);
/* Kill -9; with `power`, the machine goes down with it. */
void host_kill(struct host *host, bool power);
/* What a model computes takes its time now and then, in which others go on; `context`: the play. */
void host_computes(void *context);
/* Lets a thread go on to its next stop. */
void thread_run(struct thread *thread);
/* Earliest of its threads; NEVER_US. */
int64_t host_next_us(const struct host *host);
bool host_asks(const struct host *host);
void play_pass(struct play *play, int64_t us);

/* --- sight.c: the database, seen at each step --- */

/* `by`: who did something; NULL: not a daemon. */
void sight_look(struct play *play, const struct host *by);
/* World time at a host, as the database's clock has it. */
world_time sight_now(const struct play *play, const struct host *host);
/* Another state of the database was put in the place of this one. */
void sight_forget(struct play *play);
void sight_note_clock(struct play *play);

/* --- tables.c: the tables are what the model says --- */

void tables_check(struct play *play);

/* --- asking.c: operators --- */

void asking_random(struct play *play, struct host *host);
/* By days. */
void asking_advance(struct play *play, struct host *host);
struct asked *asking_put(struct play *play, struct host *host, const struct request *request);
void asking_reload(struct play *play, struct host *host, const struct config *config);
void asking_deliver(struct host *host);
void asking_lost(struct host *host);
/* World time stands where it was promised to; after a kill it may be a little further. */
void asking_check_stands(struct play *play, const struct summary *is);
/* Nothing moves that was promised to stand. `rows`: streams of which rows came or moved. */
void asking_moved(struct play *play, const struct host *by, unsigned rows);
void asking_check_acts(struct play *play, bool last);
/* A message of the journal's, of the request of that number. */
void asking_told(struct play *play, int64_t number, enum message_id id);
/* How many jobs that a daemon was asked for are open. */
unsigned asking_open_jobs(const struct host *host);

/* --- happening.c: what comes from outside --- */

void happening_open(struct play *play);
void happening_next(struct play *play);
/* In the midst of a call. */
void happening_cruel(struct play *play);
enum fate happening_fate(void *context, enum memory_op op);
void happening_touch(struct play *play, const char *key);
void happening_calm(struct play *play);
/* A table takes no rows for so long, in a run in which that happens. */
void happening_alter(struct play *play, int64_t span_us);
void happening_time(struct play *play);
/* After a call that succeeded. */
void happening_call_done(struct host *host, enum memory_op op);
/* Something is in the way until then: what is due by then may be late. */
void happening_trouble(struct play *play, int64_t until_us);

/* --- backups.c: copies of a moment, put back --- */

void backups_take(struct play *play);
void backups_restore(struct play *play);
/* One of a world that is half built, put back a moment later. */
void backups_in_reset(struct play *play);
/* Puts it back while what happened during the reset is still to be carried over. */
void backups_after_swap(struct play *play);
/* At each step. */
void backups_time(struct play *play);

/* --- saying.c: what daemons say of themselves --- */

void saying_look(struct host *host);
/* World time as it says, if it can be asked now. */
world_time saying_now(struct host *host);
/* With nothing in the way. */
void saying_check_quiet(struct play *play);
void saying_check_rates(struct play *play);

/* --- play.c --- */

/* Plays a run; false if something was not as it must be. `trail`: room for what happened last. */
#define TRAIL_MAX 16384
bool play_run(struct play *play, uint64_t seed, bool trace, char *trail, struct tally *tally);

#endif
