/* simulate - plays runs of whole daemons without threads, servers or sleep; prints what they were,
 * or the number of the first one in which something was not as it must be.
 *
 *     simulate [--runs N] [--seed S] [--jobs N] [--trace] */
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulation/play.h"
#include "simulation/world_pool.h"

#define JOBS_MAX 64

/* What a job tells, also one that dies. */
struct report {
    uint64_t seed; /* of the run in hand */
    bool failed, done;
    pid_t pid;
    int ended; /* as wait() tells */
    struct tally tally;
    struct world_pool_counts worlds;
    char text[600];
    char trail[TRAIL_MAX + 1];
};

struct options {
    uint64_t runs, seed, jobs;
    bool trace;
};

static bool read_number(const char *text, uint64_t *ret)
{
    char *end = NULL;
    *ret = strtoull(text, &end, 10);
    return end != text && *end == '\0';
}

static bool read_options(int argc, char **argv, struct options *options)
{
    *options = (struct options){.runs = 1000, .seed = 1, .jobs = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        uint64_t *number = strcmp(argv[i], "--runs") == 0   ? &options->runs
                           : strcmp(argv[i], "--seed") == 0 ? &options->seed
                           : strcmp(argv[i], "--jobs") == 0 ? &options->jobs
                                                            : NULL;
        if (strcmp(argv[i], "--trace") == 0)
            options->trace = true;
        else if (number == NULL || !read_number(value, number))
            return false;
        i += number != NULL;
    }
    return options->jobs >= 1 && options->jobs <= JOBS_MAX;
}

/* One that never returns, not even to the order of steps, is ended. */
static void limit_run(void)
{
    const struct itimerval limit = {.it_value = {.tv_sec = 120}};
    (void)setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

static void fail(struct report *report, struct play *play)
{
    report->failed = true;
    (void)snprintf(report->text, sizeof report->text,
                   "run %" PRIu64 ", step %" PRIu64 ", %.3f s: check '%s': %s", play->seed,
                   play->steps, (double)play->now_us / 1e6, play->check, play->why);
}

static void play_job(const struct options *options, uint64_t job, struct report *report)
{
    static struct play play;
    for (uint64_t i = job; i < options->runs; i += options->jobs) {
        report->seed = options->seed + i;
        limit_run();
        if (play_run(&play, report->seed, options->trace, NULL, &report->tally))
            continue;
        fail(report, &play);
        if (!options->trace) { /* once more, for what led there */
            struct tally unused = {0};
            (void)play_run(&play, report->seed, false, report->trail, &unused);
        }
        break;
    }
    report->worlds = world_pool_counted();
    report->done = true;
}

static void add(struct tally *sum, const struct tally *one)
{
    sum->runs += one->runs;
    sum->steps += one->steps;
    sum->acts += one->acts;
    sum->rows += one->rows;
    sum->kills += one->kills;
    sum->requests += one->requests;
}

static double seconds(void)
{
    struct timeval now;
    (void)gettimeofday(&now, NULL);
    return (double)now.tv_sec + (double)now.tv_usec / 1e6;
}

static const char *end_of(int status)
{
    if (!WIFSIGNALED(status))
        return "by itself";
    return WTERMSIG(status) == SIGVTALRM ? "it did not return" : strsignal(WTERMSIG(status));
}

static int conclude(const struct options *options, const struct report *reports, double took)
{
    struct tally sum = {0};
    uint64_t cold = 0;
    int status = 0;
    for (uint64_t i = 0; i < options->jobs; i++) {
        const struct report *report = &reports[i];
        add(&sum, &report->tally);
        cold += report->worlds.made;
        if (!report->done)
            (void)printf("run %" PRIu64 ": the program ended in it: %s\n", report->seed,
                         end_of(report->ended));
        else if (report->failed)
            (void)printf("%s\n%s\n", report->trail, report->text);
        status = status != 0 || !report->done || report->failed;
    }
    (void)printf("simulation: %" PRIu64 " runs from %" PRIu64 " in %.1f s (%.0f/s), %" PRIu64
                 " steps, %" PRIu64 " requests, %" PRIu64 " acts, %" PRIu64 " rows, %" PRIu64
                 " kills, %" PRIu64 " cold worlds: %s\n",
                 sum.runs, options->seed, took, (double)sum.runs / took, sum.steps, sum.requests,
                 sum.acts, sum.rows, sum.kills, cold,
                 status == 0 ? "all is as it must be" : "FAILED");
    return status;
}

/* Models take and release large pieces all the time: the pages stay. */
static void keep_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

static void fork_jobs(const struct options *options, struct report *reports)
{
    for (uint64_t i = 0; i < options->jobs; i++) {
        reports[i].pid = fork();
        if (reports[i].pid == 0) {
            play_job(options, i, &reports[i]);
            _exit(0);
        }
    }
}

static void wait_for_jobs(const struct options *options, struct report *reports)
{
    int status;
    for (pid_t pid; (pid = wait(&status)) > 0;)
        for (uint64_t i = 0; i < options->jobs; i++)
            if (reports[i].pid == pid)
                reports[i].ended = status;
}

int main(int argc, char **argv)
{
    struct options options;
    if (!read_options(argc, argv, &options)) {
        (void)fprintf(stderr, "usage: simulate [--runs N] [--seed S] [--jobs N] [--trace]\n");
        return 2;
    }
    keep_memory();
    size_t bytes = options.jobs * sizeof(struct report);
    struct report *reports =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (reports == MAP_FAILED)
        return 2;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    double began = seconds();
    if (options.jobs == 1 && options.trace)
        play_job(&options, 0, &reports[0]);
    else
        fork_jobs(&options, reports);
    wait_for_jobs(&options, reports);
    return conclude(&options, reports, seconds() - began);
}
