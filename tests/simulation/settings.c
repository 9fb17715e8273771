#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "simulation/play.h"

/* Few and small worlds: each is made once for all runs of a process. */
static const struct kind {
    const char *wall; /* when its runs begin */
    const char *text;
} kinds[] = {
    /* A Friday noon; the exchange is open. */
    {"1786718100", "[world]\nseed = 1\ncustomers = 4\ncustomer_growth = 3%/month\n"
                   "financial_records_per_customer = 24\nloan_applications_per_customer = 4\n"
                   "market_data_points = 3\ncredit_history_entries = 2\n"
                   "[clock]\nstart = 2026-08-14T14:35:00Z\n"
                   "[stream customers]\nschedule = every 10s\n"
                   "[stream financial_records]\nschedule = every 10s\n"
                   "[stream loan_applications]\nschedule = every 30s\n"
                   "[stream market_data]\nschedule = every 20s\n"
                   "[stream credit_history]\nschedule = every 1min\n"},
    /* The night in which New York repeats an hour. */
    {"1793508900", "[world]\nseed = 2\ncustomers = 3\ncustomer_growth = 3%/month\n"
                   "financial_records_per_customer = 40\nloan_applications_per_customer = 6\n"
                   "market_data_points = 2\ncredit_history_entries = 1\n"
                   "[clock]\nstart = now\ncatch_up = 7d\n"
                   "[stream customers]\nschedule = *:0/5\n"
                   "[stream financial_records]\nschedule = *:*\n"
                   "[stream loan_applications]\nschedule = *:0/5\n"
                   "[stream market_data]\nschedule = *:0/2\n"
                   "[stream credit_history]\nschedule = hourly\n"},
    /* The night in which it leaves one out. */
    {"1772952900", "[world]\nseed = 3\ncustomers = 2\ncustomer_growth = 0%/month\n"
                   "financial_records_per_customer = 20\nloan_applications_per_customer = 0\n"
                   "market_data_points = 4\ncredit_history_entries = 0\n"
                   "[clock]\nstart = now\ncatch_up = skip\n"
                   "[stream customers]\nschedule = daily\n"
                   "[stream financial_records]\nschedule = every 15s\n"
                   "[stream loan_applications]\nschedule = every 15s\n"
                   "[stream market_data]\nschedule = every 7s\n"
                   "[stream credit_history]\nschedule = daily\n"},
    /* One that stands unless it is moved. */
    {"1786718100", "[world]\nseed = 4\ncustomers = 3\ncustomer_growth = 3%/month\n"
                   "financial_records_per_customer = 30\nloan_applications_per_customer = 3\n"
                   "market_data_points = 2\ncredit_history_entries = 1\n"
                   "[clock]\nspeed = 60\nstart = 2026-08-14T14:35:00Z\n"
                   "[stream customers]\nschedule = *:0/15\n"
                   "[stream financial_records]\nschedule = *:0/15\n"
                   "[stream loan_applications]\nschedule = *:0/5\n"
                   "[stream market_data]\nschedule = *:0/5\n"
                   "[stream credit_history]\nschedule = hourly\n"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

/* What a reload may bring; the first is nothing. */
static const char *const changes[] = {
    "",
    "[stream market_data]\nschedule = every 1min\n",
    "[clock]\nspeed = 3\n",
    "[stream financial_records]\ntempo = 5\n",
    "[stream loan_applications]\nenabled = no\n",
    "[world]\nseed = 7\n",
    "[clock]\nmax_catch_up = 1h\n",
};
#define CHANGES (sizeof changes / sizeof *changes)

static struct config *made[KINDS][CHANGES];

/* A section may come once: what changes takes the place of what is there. */
static void merge(const char *base, const char *change, char *out, size_t size)
{
    char section[64] = "", key[64] = "";
    size_t used = 0;
    const char *line = base, *rest = strchr(change, '\n');
    if (rest != NULL) {
        (void)snprintf(section, sizeof section, "%.*s", (int)(rest - change), change);
        (void)snprintf(key, sizeof key, "%.*s", (int)strcspn(rest + 1, " "), rest + 1);
    }
    bool within = false, done = section[0] == '\0';
    while (*line != '\0') {
        size_t length = strcspn(line, "\n") + 1;
        if (*line == '[')
            within = strncmp(line, section, strlen(section)) == 0 && section[0] != '\0';
        bool replaced = within && strncmp(line, key, strlen(key)) == 0;
        if (!replaced)
            used += (size_t)snprintf(out + used, size - used, "%.*s", (int)length, line);
        if (within && *line == '[') {
            used += (size_t)snprintf(out + used, size - used, "%s", rest + 1);
            done = true;
        }
        line += length;
    }
    assert(done && used < size);
}

static const struct config *config_of(size_t which, size_t change)
{
    struct config **place = &made[which][change];
    char text[2048];
    struct fault fault = {.text = ""};
    if (*place != NULL)
        return *place;
    struct heap *heap = heap_use(NULL);
    merge(kinds[which].text, changes[change], text, sizeof text);
    if (config_from_text("simulation", text, strlen(text), place, &fault) < 0) {
        (void)fprintf(stderr, "simulate: %s\n", fault.text);
        exit(2);
    }
    (void)heap_use(heap);
    return *place;
}

size_t settings_count(void)
{
    return KINDS;
}

const struct config *settings_of(size_t which)
{
    return config_of(which, 0);
}

int64_t settings_wall_us(size_t which)
{
    return strtoll(kinds[which].wall, NULL, 10) * SECOND_US;
}

const struct config *settings_other(size_t which, struct dice *dice)
{
    return config_of(which, dice_below(dice, CHANGES));
}
