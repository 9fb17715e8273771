#include "progress.h"

#include <unistd.h>

#include "print.h"

#define WIDTH 50 /* one line that is drawn again and again */

struct progress progress_begin(const char *what)
{
    return (struct progress){.what = what, .terminal = isatty(STDERR_FILENO) == 1};
}

/* `width`: of the text, 0: whole. */
static void print_line(const struct progress *progress, const char *text, size_t width,
                       int64_t done, int64_t total)
{
    (void)fprintf(stderr, "%s%s", progress->what, text[0] != '\0' ? ": " : "");
    (void)print_safe(stderr, text, width);
    if (total > 0 && done <= total)
        (void)fprintf(stderr, " %d%%", (int)((double)done * 100 / (double)total));
}

void progress_say(struct progress *progress, const char *text, int64_t done, int64_t total)
{
    if (!progress->terminal)
        return;
    (void)fputs("\r\033[K", stderr);
    print_line(progress, text, WIDTH, done, total);
    (void)fflush(stderr);
    progress->shown = true;
}

void progress_tell(struct progress *progress, const char *text)
{
    progress_clear(progress);
    print_line(progress, text, 0, 0, 0);
    (void)fputc('\n', stderr);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        (void)fputs("\r\033[K", stderr);
    progress->shown = false;
}
