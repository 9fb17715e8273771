#include "confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "print.h"
#include "session.h"

#define LIST_MS 10000

/* The notes on how tables are defined come first of what verify tells, before it begins to read. */
static bool print_difference(void *context, const json_t *reply)
{
    unsigned *count = context;
    const json_t *finding = json_object_get(reply, "finding");
    const char *check = member_text(finding, "check");
    const char *table = member_text(finding, "table"), *part = member_text(finding, "key");
    if (check == NULL || strcmp(check, "schema") != 0)
        return json_object_get(reply, "progress") == NULL;
    if ((*count)++ == 0)
        (void)fputs("Differences from credd's own tables:\n", stderr);
    (void)fputs("  ", stderr);
    (void)print_safe(stderr, table != NULL ? table : "", 0);
    if (part != NULL && part[0] != '\0') {
        (void)fputc('.', stderr);
        (void)print_safe(stderr, part, 0);
    }
    (void)fputc(' ', stderr);
    const char *text = member_text(finding, "text");
    (void)print_safe(stderr, text != NULL ? text : "", 0);
    (void)fputc('\n', stderr);
    return true;
}

static void tell_what_goes(const struct invocation *invocation)
{
    unsigned count = 0;
    (void)fputs("--plain drops what was added to the five tables and credd_status: columns,\n"
                "indexes, constraints, defaults, comments and triggers.\n",
                stderr);
    if (!session_each(invocation, "Verify", LIST_MS, print_difference, &count))
        (void)fputs("What was added cannot be listed: the daemon did not answer.\n", stderr);
    else if (count == 0)
        (void)fputs("Nothing was added: columns, indexes and constraints are credd's own.\n",
                    stderr);
}

/* A reset throws away what others may be looking at. */
bool confirm_reset(struct invocation *invocation, enum credd_exit *ret_status)
{
    char answer[8] = "";
    if (invocation->command->id != CREDD_COMMAND_RESET || invocation_has(invocation, "yes"))
        return true;
    if (isatty(STDIN_FILENO) != 1) {
        (void)invocation_wrong(
            invocation,
            "reset replaces all data; without a terminal to confirm on, it needs --yes");
        *ret_status = complain_usage(invocation);
        return false;
    }
    if (invocation_has(invocation, "plain"))
        tell_what_goes(invocation);
    (void)fputs("Replace all data in the five tables with a new world? [y/N] ", stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
        return true;
    *ret_status = complain(invocation, CREDD_EXIT_FAILED, "not confirmed; nothing was changed");
    return false;
}
