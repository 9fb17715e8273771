/* Messages: the fields that typed values give, and the one line of each act. */
#include <stdio.h>
#include <string.h>

#include "engine_checks.h"
#include "mail/event_log.h"

#define AT 1708000000 /* 2024-02-15T12:26:40Z */

static struct {
    unsigned said;
    enum message_id id;
    char text[1300];
    char fields[1024]; /* "NAME=value" each, with a line's end behind it */
} heard;

/* In place of the journal's own. */
void journal_say(struct journal *journal, enum message_id id, const struct journal_field *fields,
                 const char *format, ...)
{
    va_list args;
    size_t used = 0;
    (void)journal;
    heard.said++;
    heard.id = id;
    heard.fields[0] = '\0';
    va_start(args, format);
    (void)vsnprintf(heard.text, sizeof heard.text, format, args);
    va_end(args);
    for (; fields->name != NULL; fields++)
        used += (size_t)snprintf(heard.fields + used, sizeof heard.fields - used, "%s=%s\n",
                                 fields->name, fields->value);
}

static const struct actor ann = {.uid = 1000, .pid = 77, .user = "ann"};

static void every_value_gives_its_field(void **state)
{
    static const int64_t rows[STREAM_COUNT] = {1, 2, 3, 4, 5};
    (void)state;
    event_log(NULL, MESSAGE_SUMMARY,
              &(struct event_about){.streams = (1u << STREAM_COUNT) - 1,
                                    .has_rows = true,
                                    .rows = 15,
                                    .rows_of = rows,
                                    .has_time = true,
                                    .at = {AT},
                                    .job = "tick",
                                    .peer = &ann,
                                    .reason = "why",
                                    .world_id = "w1",
                                    .method = "Pause"},
              "%d rows", 15);
    assert_int_equal(heard.id, MESSAGE_SUMMARY);
    assert_string_equal(heard.text, "15 rows");
    assert_string_equal(
        heard.fields,
        "CREDD_WORLD_TIME=2024-02-15T12:26:40Z\nCREDD_STREAM=customers\n"
        "CREDD_STREAM=financial_records\nCREDD_STREAM=loan_applications\n"
        "CREDD_STREAM=market_data\nCREDD_STREAM=credit_history\nCREDD_ROWS=15\n"
        "CREDD_ROWS_CUSTOMERS=1\nCREDD_ROWS_FINANCIAL_RECORDS=2\n"
        "CREDD_ROWS_LOAN_APPLICATIONS=3\nCREDD_ROWS_MARKET_DATA=4\nCREDD_ROWS_CREDIT_HISTORY=5\n"
        "CREDD_JOB=tick\nCREDD_PEER_UID=1000\nCREDD_PEER_PID=77\nCREDD_PEER_USER=ann\n"
        "CREDD_REASON=why\nCREDD_WORLD=w1\nCREDD_METHOD=Pause\n");
}

static void what_is_not_known_gives_none(void **state)
{
    const struct actor itself = {.uid = -1, .user = "credd"};
    (void)state;
    event_log(NULL, MESSAGE_STARTED, &(struct event_about){.peer = &itself, .reason = ""}, "up");
    assert_string_equal(heard.fields, "");
}

static void who_is_named_with_numbers(void **state)
{
    char who[EVENT_LOG_WHO_MAX];
    (void)state;
    assert_string_equal(event_log_who(&ann, who), "ann (uid 1000, pid 77)");
    assert_string_equal(event_log_who(&(struct actor){.uid = -1, .user = "SIGHUP"}, who), "SIGHUP");
    assert_string_equal(event_log_who(&(struct actor){.uid = -1}, who), "credd");
}

static void an_act_says_who_what_when_and_why(void **state)
{
    static const int64_t minute = 60000000;
    static const struct {
        struct act act;
        enum message_id id;
        const char *text, *fields;
    } cases[] = {
        {{.kind = ACT_PAUSE, .pause = {0, 30 * minute}, .reason = "demo"},
         MESSAGE_PAUSED,
         "pause for 30min at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77): demo",
         "CREDD_REASON=demo\n"},
        {{.kind = ACT_PAUSE, .pause = {1 << STREAM_MARKET_DATA | 1 << STREAM_CUSTOMERS, 0}},
         MESSAGE_PAUSED,
         "pause customers,market_data at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=customers\nCREDD_STREAM=market_data\n"},
        {{.kind = ACT_RESUME, .resume = {.skip = true}},
         MESSAGE_RESUMED,
         "resume, leaving a gap at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         ""},
        {{.kind = ACT_SPEED, .speed = {2500000}},
         MESSAGE_SPEED_CHANGED,
         "speed 2.5 at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         ""},
        {{.kind = ACT_TEMPO, .tempo = {.stream = STREAM_MARKET_DATA, .factor = 20000000}},
         MESSAGE_TEMPO_CHANGED,
         "tempo market_data x20 at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=market_data\n"},
        {{.kind = ACT_DISABLE, .toggle = {STREAM_MARKET_DATA}},
         MESSAGE_STREAM_SWITCHED,
         "disable market_data at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=market_data\n"},
        {{.kind = ACT_ENABLE, .toggle = {STREAM_MARKET_DATA}},
         MESSAGE_STREAM_SWITCHED,
         "enable market_data at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=market_data\n"},
        {{.kind = ACT_ADVANCE, .advance = {{AT}, true}},
         MESSAGE_ADVANCED,
         "advance to 2024-02-15T12:26:40Z, clock only, by ann (uid 1000, pid 77)",
         "CREDD_JOB=advance\n"},
        {{.kind = ACT_STEPPED, .stepped = {.step_us = 3000000}, .reason = "why"},
         MESSAGE_CLOCK_STEPPED,
         "wall clock stepped by 3s at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77): why",
         "CREDD_REASON=why\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct act act = cases[i].act;
        const world_time at = {AT};
        act.by = ann;
        heard.said = 0;
        event_log_act(NULL, &act, &at);
        assert_int_equal(heard.said, 1);
        assert_int_equal(heard.id, cases[i].id);
        assert_string_equal(heard.text, cases[i].text);
        assert_non_null(strstr(heard.fields, "CREDD_WORLD_TIME=2024-02-15T12:26:40Z\n"));
        assert_non_null(strstr(heard.fields, "CREDD_PEER_UID=1000\n"));
        assert_non_null(strstr(heard.fields, cases[i].fields));
    }
}

static void without_a_world_there_is_no_time(void **state)
{
    struct act pause = {.kind = ACT_PAUSE, .by = ann};
    (void)state;
    event_log_act(NULL, &pause, NULL);
    assert_string_equal(heard.text, "pause, by ann (uid 1000, pid 77)");
    assert_null(strstr(heard.fields, "CREDD_WORLD_TIME"));
}

static void what_is_told_otherwise_is_not_told_here(void **state)
{
    const enum act_kind kinds[] = {ACT_RELOAD, ACT_GAP};
    (void)state;
    heard.said = 0;
    for (size_t i = 0; i < 2; i++) {
        struct act act = {.kind = kinds[i], .by = ann};
        event_log_act(NULL, &act, NULL);
    }
    assert_int_equal(heard.said, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_gives_its_field),
        cmocka_unit_test(what_is_not_known_gives_none),
        cmocka_unit_test(who_is_named_with_numbers),
        cmocka_unit_test(an_act_says_who_what_when_and_why),
        cmocka_unit_test(without_a_world_there_is_no_time),
        cmocka_unit_test(what_is_told_otherwise_is_not_told_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
