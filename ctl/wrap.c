#include "wrap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "mem.h"

#define WIDTH_LEAST 40 /* what is narrower is no use to anybody */
#define WORD_MAX    512

struct wrap {
    FILE *inner, *out;
    unsigned width;
    unsigned column, indent; /* where the line stands; where the next one begins */
    unsigned blanks;         /* before the word */
    char word[WORD_MAX];
    size_t length;  /* in bytes */
    unsigned shown; /* in columns */
    bool escape;    /* inside a sequence that shows nothing */
};

static unsigned terminal_width(FILE *file)
{
    struct winsize size = {0};
    int fd = fileno(file);
    if (isatty(fd) != 1 || ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col < WIDTH_LEAST)
        return 0;
    return size.ws_col;
}

static void put_blanks(struct wrap *wrap, unsigned count)
{
    (void)fprintf(wrap->inner, "%*s", (int)count, "");
    wrap->column += count;
}

static void put_word(struct wrap *wrap)
{
    if (wrap->length == 0)
        return;
    bool fits = wrap->column + wrap->blanks + wrap->shown <= wrap->width;
    if (fits || wrap->column <= wrap->indent) {
        put_blanks(wrap, wrap->blanks);
    } else {
        (void)fputc('\n', wrap->inner);
        wrap->column = 0;
        put_blanks(wrap, wrap->indent);
    }
    (void)fwrite(wrap->word, 1, wrap->length, wrap->inner);
    wrap->column += wrap->shown;
    wrap->blanks = wrap->shown = 0;
    wrap->length = 0;
}

static void put_newline(struct wrap *wrap)
{
    put_word(wrap);
    (void)fputc('\n', wrap->inner);
    wrap->column = wrap->indent = wrap->blanks = 0;
}

static void put_char(struct wrap *wrap, char c)
{
    if (c == '\n') {
        put_newline(wrap);
        return;
    }
    if (c == ' ' && !wrap->escape) {
        put_word(wrap);
        wrap->blanks++;
        return;
    }
    if (wrap->length == WORD_MAX)
        put_word(wrap);
    wrap->word[wrap->length++] = c;
    if (c == '\033')
        wrap->escape = true;
    else if (!wrap->escape && ((unsigned char)c & 0xC0) != 0x80)
        wrap->shown++;
    else if (c == 'm')
        wrap->escape = false;
}

static ssize_t take(void *cookie, const char *bytes, size_t count)
{
    struct wrap *wrap = cookie;
    for (size_t i = 0; i < count; i++)
        put_char(wrap, bytes[i]);
    return fflush(wrap->inner) == 0 ? (ssize_t)count : -1;
}

struct wrap *wrap_new(FILE *file)
{
    unsigned width = terminal_width(file);
    if (width == 0)
        return NULL;
    struct wrap *wrap = mem_grow(NULL, 1, sizeof *wrap);
    *wrap = (struct wrap){.inner = file, .width = width};
    wrap->out = fopencookie(wrap, "w", (cookie_io_functions_t){.write = take});
    if (wrap->out != NULL)
        return wrap;
    free(wrap);
    return NULL;
}

void wrap_free(struct wrap *wrap)
{
    if (wrap == NULL)
        return;
    (void)fclose(wrap->out);
    put_word(wrap);
    (void)fflush(wrap->inner);
    free(wrap);
}

FILE *wrap_stream(struct wrap *wrap, FILE *file)
{
    return wrap != NULL ? wrap->out : file;
}

unsigned wrap_width(const struct wrap *wrap)
{
    return wrap != NULL ? wrap->width : 0;
}

void wrap_here(struct wrap *wrap)
{
    if (wrap == NULL)
        return;
    (void)fflush(wrap->out);
    put_word(wrap);
    unsigned at = wrap->column + wrap->blanks;
    wrap->indent = at < wrap->width / 2 ? at : wrap->width / 2;
}
