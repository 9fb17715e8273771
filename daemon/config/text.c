#include "config/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/names.h"

#define SYNTAX "KEY = VALUE, [SECTION], or a comment after # or ;"

/* What inih reads from, and what its handler needs. */
struct reading {
    const char *name, *at, *end;
    unsigned line;
    text_visitor *visit;
    void *context;
    int error; /* the first */
    bool lost; /* in a section that is none */
    struct mistakes *mistakes;
    struct fault *fault;
};

static void fail(struct reading *reading, int error)
{
    (void)fault_prefix(reading->fault, "%s:%u", reading->name, reading->line);
    reading->error = mistakes_take(reading->mistakes, error, reading->fault);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static const char *skip_blanks(const char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

/* inih takes anything behind the bracket, and knows nothing of which sections there are. */
static int check_section(const char *line, struct fault *fault)
{
    char section[TEXT_LINE_MAX + 1], quoted[QUOTE_MAX];
    size_t length = strcspn(line + 1, "]");
    const char *rest = line + 1 + length;
    if (*rest == ']')
        rest = skip_blanks(rest + 1);
    else
        rest = line;
    if (*rest != '\0' && *rest != ';' && *rest != '#')
        return fault_set(fault, -EINVAL, "found %s, allowed: [SECTION] alone on its line",
                         quote(line, quoted));
    memcpy(section, line + 1, length);
    section[length] = '\0';
    return name_section(section, fault);
}

/* What inih would let pass, or read in a way that nobody means. */
static int check_line(const char *line, struct fault *fault)
{
    char quoted[QUOTE_MAX];
    if (*line == '\0' || *line == '#' || *line == ';')
        return 0;
    if (*line == '[')
        return check_section(line, fault);
    size_t length = strcspn(line, "=:");
    if (length == 0 || line[length] != '=')
        return fault_set(fault, -EINVAL, "found %s, allowed: " SYNTAX, quote(line, quoted));
    return 0;
}

/* The next line without blanks around it: inih would take an indented one for the continuation of a
 * value. */
static int next_line(struct reading *reading, char line[TEXT_LINE_MAX + 1])
{
    const char *begin = reading->at;
    size_t left = (size_t)(reading->end - begin);
    const char *stop = memchr(begin, '\n', left);
    size_t length = stop != NULL ? (size_t)(stop - begin) : left;
    reading->at = begin + length + (stop != NULL);
    reading->line++;
    if (length > TEXT_LINE_MAX)
        return fault_set(reading->fault, -EINVAL, "found a line of %zu bytes, allowed: at most %d",
                         length, TEXT_LINE_MAX);
    if (memchr(begin, '\0', length) != NULL)
        return fault_set(reading->fault, -EINVAL, "found a NUL byte, allowed: text");
    while (length > 0 && is_blank(begin[length - 1]))
        length--;
    while (length > 0 && is_blank(*begin)) {
        begin++;
        length--;
    }
    memcpy(line, begin, length);
    line[length] = '\0';
    return check_line(line, reading->fault);
}

/* As fgets: what inih calls for each line. */
static char *give_line(char *buffer, int size, void *stream)
{
    struct reading *reading = stream;
    char line[TEXT_LINE_MAX + 1] = "";
    if (reading->error < 0 || reading->at == reading->end)
        return NULL;
    int r = next_line(reading, line);
    size_t length = r < 0 ? 0 : strlen(line);
    if (r == 0 && length + 2 > (size_t)size)
        r = fault_set(reading->fault, -EINVAL, "found a line of %zu bytes, allowed: at most %d",
                      length, size - 2);
    if (r < 0)
        fail(reading, r);
    if (reading->error < 0)
        return NULL;
    if (line[0] == '[')
        reading->lost = r < 0;
    if (r < 0 || reading->lost) /* a blank line in its stead */
        length = 0;
    memcpy(buffer, line, length);
    buffer[length] = '\n';
    buffer[length + 1] = '\0';
    return buffer;
}

static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    char shown[QUOTE_MAX];
    int r;
    if (reading->error < 0)
        return 0;
    if (section[0] == '\0')
        r = fault_set(reading->fault, -EINVAL,
                      "%s: found a key before any section, allowed: [SECTION] before it",
                      plain(name, shown));
    else
        r = reading->visit(reading->context, section, name, value, reading->line, reading->fault);
    if (r < 0)
        fail(reading, r);
    return reading->error >= 0;
}

int text_each(const char *name, const char *text, size_t length, text_visitor *visit, void *context,
              struct mistakes *mistakes, struct fault *fault)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct fault unwanted;
    struct reading reading = {
        .name = name,
        .at = text,
        .end = text + length,
        .visit = visit,
        .context = context,
        .mistakes = mistakes,
        .fault = fault != NULL ? fault : &unwanted,
    };
    if (length >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
        reading.at += strlen(mark);
    int r = ini_parse_stream(give_line, &reading, take_value, &reading);
    if (reading.error < 0)
        return reading.error;
    /* What we let pass and inih does not: its own limits. */
    if (r != 0)
        return mistakes_take(mistakes,
                             fault_set(reading.fault, -EINVAL,
                                       "%s:%d: found a line that is none of these: " SYNTAX, name,
                                       r),
                             reading.fault);
    return 0;
}

static int read_fd(int fd, const char *file, char **ret_text, size_t *ret_length,
                   struct fault *fault)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return fault_set(fault, -errno, "%s: cannot be read: %s", file, strerror(errno));
    /* A FIFO or a terminal would hold us; /dev/null is fine. */
    if (!S_ISREG(status.st_mode) && !(S_ISCHR(status.st_mode) && isatty(fd) == 0))
        return fault_set(fault, -EINVAL, "%s: cannot be read: not a regular file", file);
    char *text = MEM_ARRAY(char, TEXT_FILE_MAX + 2);
    size_t used = 0;
    int r = 0;
    while (used <= TEXT_FILE_MAX) {
        ssize_t n = read(fd, text + used, TEXT_FILE_MAX + 1 - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            r = fault_set(fault, -errno, "%s: cannot be read: %s", file, strerror(errno));
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    if (r == 0 && used > TEXT_FILE_MAX)
        r = fault_set(fault, -EFBIG, "%s: found more than %u bytes, allowed: at most that", file,
                      TEXT_FILE_MAX);
    if (r < 0) {
        free(text);
        return r;
    }
    *ret_text = text;
    *ret_length = used;
    return 0;
}

int text_read(const char *file, char **ret_text, size_t *ret_length, struct fault *fault)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return fault_set(fault, -errno, "%s: cannot be read: %s", file, strerror(errno));
    int r = read_fd(fd, file, ret_text, ret_length, fault);
    (void)close(fd);
    return r;
}
