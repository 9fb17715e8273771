#include "web/head.h"

#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
#define TOKEN   LETTERS DIGITS "!#$%&'*+-.^_`|~"

/* Cuts the first line off; NULL if it does not end as HTTP says. */
static char *next_line(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');
    if (end == NULL || end == line || end[-1] != '\r')
        return NULL;
    end[-1] = '\0';
    *rest = end + 1;
    return line;
}

/* Neither control characters nor, but in values, what is no ASCII. */
static bool is_clean(const char *line)
{
    for (const unsigned char *c = (const unsigned char *)line; *c != '\0'; c++)
        if ((*c < ' ' && *c != '\t') || *c == 127)
            return false;
    return true;
}

static int parse_version(const char *version, bool *ret_old)
{
    *ret_old = strcmp(version, "HTTP/1.0") == 0;
    if (*ret_old || strcmp(version, "HTTP/1.1") == 0)
        return 0;
    return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
}

static int parse_request(char *line, struct web_head *head, bool *ret_old)
{
    size_t length = strspn(line, TOKEN);
    char *target = line + length + 1;
    if (length == 0 || line[length] != ' ' || target[0] != '/')
        return 400;
    line[length] = '\0';
    char *version = strchr(target, ' ');
    if (version == NULL)
        return 400;
    *version++ = '\0';
    for (const unsigned char *c = (const unsigned char *)target; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return 400;
    int status = parse_version(version, ret_old);
    if (status != 0)
        return status;
    head->only_head = strcmp(line, "HEAD") == 0;
    if (!head->only_head && strcmp(line, "GET") != 0)
        return 405;
    target[strcspn(target, "?#")] = '\0';
    head->path = target;
    return 0;
}

static char *trim(char *value)
{
    value += strspn(value, " \t");
    size_t length = strlen(value);
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    value[length] = '\0';
    return value;
}

/* One that counts only once; twice, somebody else may go by the other. */
static int take_once(const char **place, const char *unset, const char *value)
{
    if (*place != unset)
        return 400;
    *place = value;
    return 0;
}

static int parse_field(char *line, struct web_head *head)
{
    size_t length = strspn(line, TOKEN);
    if (length == 0 || line[length] != ':' || !is_clean(line))
        return 400;
    line[length] = '\0';
    const char *value = trim(line + length + 1);
    if (strcasecmp(line, "Host") == 0)
        return take_once(&head->host, NULL, value);
    if (strcasecmp(line, "Origin") == 0)
        return take_once(&head->origin, NULL, value);
    if (strcasecmp(line, "Accept") == 0 && head->accept[0] == '\0')
        head->accept = value;
    if (strcasecmp(line, "Transfer-Encoding") == 0)
        return 413;
    if (strcasecmp(line, "Content-Length") == 0 && strcmp(value, "0") != 0)
        return 413;
    return 0;
}

int head_parse(char *text, size_t length, struct web_head *ret_head)
{
    struct web_head head = {.accept = ""};
    char *rest = text, *line;
    bool old = false;
    if (strlen(text) != length)
        return 400;
    line = next_line(&rest);
    int status = line != NULL ? parse_request(line, &head, &old) : 400;
    for (int lines = 0; status == 0; lines++) {
        line = next_line(&rest);
        if (line == NULL)
            return 400;
        if (line[0] == '\0')
            break;
        status = lines < HEAD_LINES_MAX ? parse_field(line, &head) : 431;
    }
    if (status == 0 && head.host == NULL && !old)
        status = 400;
    if (head.host == NULL)
        head.host = "";
    if (status == 0)
        *ret_head = head;
    return status;
}

bool authority_host(const char *authority, char ret_host[AUTHORITY_MAX])
{
    bool bracketed = authority[0] == '[';
    const char *begin = authority + bracketed;
    size_t length = strcspn(begin, bracketed ? "]" : ":");
    const char *rest = begin + length + (bracketed && begin[length] == ']');
    if (length == 0 || length >= AUTHORITY_MAX || (bracketed && rest == begin + length) ||
        strspn(begin, bracketed ? DIGITS "abcdefABCDEF:." : LETTERS DIGITS "-._") < length)
        return false;
    if (rest[0] == ':' && (strlen(rest + 1) > 5 || rest[1 + strspn(rest + 1, DIGITS)] != '\0'))
        return false;
    if (rest[0] != ':' && rest[0] != '\0')
        return false;
    for (size_t i = 0; i < length; i++)
        ret_host[i] = (char)(begin[i] >= 'A' && begin[i] <= 'Z' ? begin[i] - 'A' + 'a' : begin[i]);
    ret_host[length] = '\0';
    return true;
}
