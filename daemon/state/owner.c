#include "state/owner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEN_US INT64_C(10000000)

/* Field 22 of /proc/PID/stat, counted behind the command's closing parenthesis; 0: no such process.
 */
static uint64_t start_of(long pid)
{
    char path[64], text[1024];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

void owner_name(char ret_name[STORE_VALUE_MAX])
{
    char host[65] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(ret_name, STORE_VALUE_MAX, "%s %ld %" PRIu64, host, (long)getpid(),
                   start_of((long)getpid()));
}

bool owner_alive(const char *owner, const char *own, int64_t unseen_us)
{
    size_t host = strcspn(owner, " ");
    if (owner[host] == '\0')
        return false;
    if (strcmp(owner, own) == 0)
        return unseen_us < SEEN_US;
    if (host != strcspn(own, " ") || strncmp(owner, own, host) != 0)
        return unseen_us < SEEN_US;
    char *end = NULL;
    long pid = strtol(owner + host, &end, 10);
    uint64_t start = strtoull(end, NULL, 10);
    return pid > 0 && start != 0 && start_of(pid) == start;
}
