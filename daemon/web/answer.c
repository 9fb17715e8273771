#include "web/answer.h"

#include <event2/buffer.h>
#include <string.h>

/* Nothing but what this server serves, no frame around it, and no guess at what it is. */
#define GUARDS                                                                           \
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; " \
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "           \
    "frame-ancestors 'none'\r\n"                                                         \
    "X-Content-Type-Options: nosniff\r\n"                                                \
    "X-Frame-Options: DENY\r\n"                                                          \
    "Referrer-Policy: no-referrer\r\n"                                                   \
    "Cross-Origin-Resource-Policy: same-origin\r\n"                                      \
    "Cross-Origin-Opener-Policy: same-origin\r\n"                                        \
    "Cache-Control: no-store\r\n"                                                        \
    "Connection: close\r\n"

#define TEXT_PLAIN "text/plain; charset=utf-8"

static const struct {
    int status;
    const char *reason, *text;
} statuses[] = {
    {200, "OK", ""},
    {400, "Bad Request", "the request is not valid HTTP\n"},
    {403, "Forbidden", "this page does not answer requests of other sites\n"},
    {404, "Not Found", "there is nothing here; see /\n"},
    {405, "Method Not Allowed", "only GET and HEAD are answered\n"},
    {413, "Content Too Large", "a request may have no body\n"},
    {421, "Misdirected Request",
     "the page does not answer to this name: ask for localhost or its address, or add the name to "
     "web.hosts\n"},
    {431, "Request Header Fields Too Large", "the head of the request is too large\n"},
    {503, "Service Unavailable", "too many pages are open\n"},
    {505, "HTTP Version Not Supported", "only HTTP/1.0 and HTTP/1.1 are spoken\n"},
};
#define STATUSES (sizeof statuses / sizeof *statuses)

static size_t place_of(int status)
{
    size_t i = 0;
    while (i + 1 < STATUSES && statuses[i].status != status)
        i++;
    return i;
}

void answer_put(struct evbuffer *out, int status, const char *type, struct evbuffer *body,
                bool only_head)
{
    (void)evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n",
                              status, statuses[place_of(status)].reason, type,
                              evbuffer_get_length(body));
    if (status == 405)
        (void)evbuffer_add_printf(out, "Allow: GET, HEAD\r\n");
    if (status == 503)
        (void)evbuffer_add_printf(out, "Retry-After: 10\r\n");
    (void)evbuffer_add(out, GUARDS "\r\n", strlen(GUARDS "\r\n"));
    if (only_head)
        (void)evbuffer_drain(body, evbuffer_get_length(body));
    (void)evbuffer_add_buffer(out, body);
}

void answer_stream(struct evbuffer *out)
{
    (void)evbuffer_add_printf(
        out, "%s", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" GUARDS "\r\n");
}

void answer_refusal(struct evbuffer *out, int status, bool only_head)
{
    struct evbuffer *body = evbuffer_new();
    if (body == NULL)
        return;
    (void)evbuffer_add_printf(body, "%s", statuses[place_of(status)].text);
    answer_put(out, status, TEXT_PLAIN, body, only_head);
    evbuffer_free(body);
}
