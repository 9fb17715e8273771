/* Messages: the fields that typed values give, and the one line of each operation. */
#include <stdio.h>
#include <string.h>

#include "engine/tell.h"
#include "engine_checks.h"

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

static const struct engine_peer ann = {.uid = 1000, .pid = 77, .user = "ann"};

static void every_value_gives_its_field(void **state)
{
    static const int64_t rows[STREAM_COUNT] = {1, 2, 3, 4, 5};
    (void)state;
    tell(NULL, MESSAGE_SUMMARY,
         &(struct tell){.streams = (1u << STREAM_COUNT) - 1,
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
    const struct engine_peer itself = {.uid = -1, .user = "credd"};
    (void)state;
    tell(NULL, MESSAGE_STARTED, &(struct tell){.peer = &itself, .reason = ""}, "up");
    assert_string_equal(heard.fields, "");
}

static void who_is_named_with_numbers(void **state)
{
    char who[TELL_WHO_MAX];
    (void)state;
    assert_string_equal(tell_who(&ann, who), "ann (uid 1000, pid 77)");
    assert_string_equal(tell_who(&(struct engine_peer){.uid = -1, .user = "SIGHUP"}, who),
                        "SIGHUP");
    assert_string_equal(tell_who(&(struct engine_peer){.uid = -1}, who), "credd");
}

static void an_operation_says_who_what_when_and_why(void **state)
{
    static const int64_t minute = 60000000;
    static const struct {
        struct operation operation;
        enum message_id id;
        const char *text, *fields;
    } cases[] = {
        {{.kind = OPERATION_PAUSE, .wall = {5}, .until = {5 + 30 * minute}, .reason = "demo"},
         MESSAGE_PAUSED,
         "pause: the world at 2024-02-15T12:26:40Z, for 30min, by ann (uid 1000, pid 77): demo",
         "CREDD_REASON=demo\n"},
        {{.kind = OPERATION_PAUSE, .streams = 1 << STREAM_MARKET_DATA | 1 << STREAM_CUSTOMERS},
         MESSAGE_PAUSED,
         "pause: customers, market_data at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=customers\nCREDD_STREAM=market_data\n"},
        {{.kind = OPERATION_RESUME, .skip = true},
         MESSAGE_RESUMED,
         "resume: the world at 2024-02-15T12:26:40Z, leaving a gap, by ann (uid 1000, pid 77)",
         ""},
        {{.kind = OPERATION_SPEED, .value = 2500000},
         MESSAGE_SPEED_CHANGED,
         "speed: the world times 2.5 at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         ""},
        {{.kind = OPERATION_TEMPO, .value = 20000000, .streams = 1 << STREAM_MARKET_DATA},
         MESSAGE_TEMPO_CHANGED,
         "tempo: market_data times 20 at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=market_data\n"},
        {{.kind = OPERATION_SWITCH, .value = 0, .streams = 1 << STREAM_MARKET_DATA},
         MESSAGE_STREAM_SWITCHED,
         "disable: market_data at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=market_data\n"},
        {{.kind = OPERATION_SWITCH, .value = 1, .streams = 1 << STREAM_MARKET_DATA},
         MESSAGE_STREAM_SWITCHED,
         "enable: market_data at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77)",
         "CREDD_STREAM=market_data\n"},
        {{.kind = OPERATION_ADVANCE, .value = OPERATION_CLOCK_ONLY},
         MESSAGE_ADVANCED,
         "advance: the world to 2024-02-15T12:26:40Z, the clock only, by ann (uid 1000, pid 77)",
         "CREDD_JOB=advance\n"},
        {{.kind = OPERATION_STEPPED, .reason = "by 3 s"},
         MESSAGE_CLOCK_STEPPED,
         "stepped: the world at 2024-02-15T12:26:40Z, by ann (uid 1000, pid 77): by 3 s",
         "CREDD_REASON=by 3 s\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct operation operation = cases[i].operation;
        const world_time at = {AT};
        operation.peer = ann;
        heard.said = 0;
        tell_operation(NULL, &operation, &at);
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
    struct operation pause = {.kind = OPERATION_PAUSE, .peer = ann};
    (void)state;
    tell_operation(NULL, &pause, NULL);
    assert_string_equal(heard.text, "pause: the world, by ann (uid 1000, pid 77)");
    assert_null(strstr(heard.fields, "CREDD_WORLD_TIME"));
}

static void what_is_told_otherwise_is_not_told_here(void **state)
{
    const enum operation_kind kinds[] = {OPERATION_RELOADED, OPERATION_RESTARTED};
    (void)state;
    heard.said = 0;
    for (size_t i = 0; i < 2; i++) {
        struct operation operation = {.kind = kinds[i], .peer = ann};
        tell_operation(NULL, &operation, NULL);
    }
    assert_int_equal(heard.said, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_gives_its_field),
        cmocka_unit_test(what_is_not_known_gives_none),
        cmocka_unit_test(who_is_named_with_numbers),
        cmocka_unit_test(an_operation_says_who_what_when_and_why),
        cmocka_unit_test(without_a_world_there_is_no_time),
        cmocka_unit_test(what_is_told_otherwise_is_not_told_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
