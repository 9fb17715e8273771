#include "progress.h"

#include <unistd.h>

#include "print.h"
#include "system.h"

#define PLAIN_MS 5000 /* between two plain lines */
#define FIRST_MS 2000 /* what takes no longer needs none */

struct progress progress_begin(const char *what)
{
    return (struct progress){.what = what,
                             .terminal = isatty(STDERR_FILENO) == 1,
                             .said_ms = system_ms() - PLAIN_MS + FIRST_MS};
}

static void print_line(const struct progress *progress, const char *text, int64_t done,
                       int64_t total)
{
    (void)fprintf(stderr, "%s%s", progress->what, text[0] != '\0' ? ": " : "");
    (void)print_safe(stderr, text, 50);
    if (total > 0 && done <= total)
        (void)fprintf(stderr, " %d%%", (int)((double)done * 100 / (double)total));
}

void progress_say(struct progress *progress, const char *text, int64_t done, int64_t total)
{
    if (progress->terminal) {
        (void)fputs("\r\033[K", stderr);
        print_line(progress, text, done, total);
        (void)fflush(stderr);
        progress->shown = true;
    } else if (system_ms() - progress->said_ms >= PLAIN_MS) {
        print_line(progress, text, done, total);
        (void)fputc('\n', stderr);
        progress->said_ms = system_ms();
    }
}

void progress_tell(struct progress *progress, const char *text)
{
    progress_clear(progress);
    print_line(progress, text, 0, 0);
    (void)fputc('\n', stderr);
    progress->said_ms = system_ms();
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        (void)fputs("\r\033[K", stderr);
    progress->shown = false;
}
