/* Whatever comes in place of a request: its head is refused or read, and who may ask is decided. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct web_head head;
    if (size > HEAD_MAX)
        return 0;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    int status = head_parse(text, size, &head);
    if (status == 0) {
        bool allowed = hosts_allow("demo.example.org", "127.0.0.1", head.host);
        bool own = hosts_same_origin(&head);
        /* What is let in has a path and one of its own names. */
        if (head.path[0] != '/' || (allowed && strlen(head.host) == 0) ||
            (own && head.origin != NULL && strstr(head.origin, "://") == NULL))
            abort();
    } else if (status < 400 || status > 505) {
        abort();
    }
    free(text);
    return 0;
}
