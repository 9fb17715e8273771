/* Every kind of message has exactly one entry in the journal's catalog, and the reverse. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credd/messages.h"
#include "service_checks.h"

#define CATALOG "systemd/credd.catalog"

struct kind {
    const char *name;
    int priority;
    const char *uuid;
    unsigned entries;
    bool subject, text;
};

static const struct kind kinds[] = {
#define X(id, priority, uuid, text) {#id, priority, uuid, 0, false, false},
    CREDD_MESSAGES(X)
#undef X
};

static struct kind *find(struct kind *list, const char *uuid)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(list[i].uuid, uuid) == 0)
            return &list[i];
    return NULL;
}

/* Counts entries, and notes whether each has a subject and a text after its header. */
static void read_catalog(struct kind *list)
{
    FILE *file = fopen(CATALOG, "re");
    char line[512];
    struct kind *at = NULL;
    bool header = false;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "-- ", 3) == 0) {
            at = find(list, line + 3);
            if (at != NULL)
                at->entries++;
            else
                fail_msg("%s: entry of an unknown id: %s", CATALOG, line + 3);
            header = true;
        } else if (at != NULL && header && strncmp(line, "Subject: ", 9) == 0) {
            at->subject = line[9] != '\0';
        } else if (at != NULL && line[0] == '\0') {
            header = false;
        } else if (at != NULL && !header) {
            at->text = true;
        }
    }
    (void)fclose(file);
}

static void every_message_has_exactly_one_entry(void **state)
{
    (void)state;
    struct kind list[COUNT(kinds)];
    memcpy(list, kinds, sizeof list);
    read_catalog(list);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (list[i].entries != 1)
            fail_msg("%s has %u entries", list[i].name, list[i].entries);
        if (!list[i].subject || !list[i].text)
            fail_msg("%s: subject or text is missing", list[i].name);
    }
}

static void ids_are_well_formed_and_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_int_equal(strlen(kinds[i].uuid), 32);
        assert_int_equal(strspn(kinds[i].uuid, "0123456789abcdef"), 32);
        assert_in_range(kinds[i].priority, 2, 6);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(kinds[i].uuid, kinds[j].uuid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_has_exactly_one_entry),
        cmocka_unit_test(ids_are_well_formed_and_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
