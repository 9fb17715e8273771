#include "progress.h"

#include <string.h>
#include <unistd.h>

#include "print.h"
#include "system.h"

#define PLAIN_MS 5000 /* between two plain lines about the same thing */

struct progress progress_begin(void)
{
    return (struct progress){.terminal = isatty(STDERR_FILENO) == 1};
}

static void print_line(const char *text, int64_t done, int64_t total)
{
    char first[PRINT_MAX], second[PRINT_MAX];
    (void)print_safe(stderr, text, 44);
    if (total > 0 && done <= total)
        (void)fprintf(stderr, ": %s of %s (%d%%)", print_count(done, first),
                      print_count(total, second), (int)(done * 100 / total));
    else if (done > 0)
        (void)fprintf(stderr, ": %s", print_count(done, first));
}

static bool is_due(struct progress *progress, const char *text)
{
    bool same = progress->begun && strncmp(progress->text, text, sizeof progress->text - 1) == 0;
    int64_t now = system_ms();
    if (same && now - progress->said_ms < PLAIN_MS)
        return false;
    progress->begun = true;
    progress->said_ms = now;
    (void)snprintf(progress->text, sizeof progress->text, "%s", text);
    return true;
}

void progress_say(struct progress *progress, const char *text, int64_t done, int64_t total)
{
    if (progress->terminal) {
        (void)fputs("\r\033[K", stderr);
        print_line(text, done, total);
        (void)fflush(stderr);
        progress->shown = true;
    } else if (is_due(progress, text)) {
        print_line(text, done, total);
        (void)fputc('\n', stderr);
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        (void)fputs("\r\033[K", stderr);
    progress->shown = false;
}
