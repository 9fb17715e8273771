#include "web/hosts.h"

#include <string.h>
#include <strings.h>

static bool is_listed(const char *listed, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = listed; at != NULL && *at != '\0'; at += *at == ',') {
        size_t item = strcspn(at, ",");
        if (item == length && strncasecmp(at, name, length) == 0)
            return true;
        at += item;
    }
    return false;
}

bool hosts_allow(const char *listed, const char *own, const char *host)
{
    char name[AUTHORITY_MAX];
    if (!authority_host(host, name))
        return false;
    return strcmp(name, "localhost") == 0 || (own[0] != '\0' && strcmp(name, own) == 0) ||
           is_listed(listed, name);
}

bool hosts_same_origin(const struct web_head *head)
{
    static const char *const schemes[] = {"http://", "https://"};
    if (head->origin == NULL)
        return true;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(head->origin, schemes[i], length) == 0)
            return strcasecmp(head->origin + length, head->host) == 0;
    }
    return false;
}
