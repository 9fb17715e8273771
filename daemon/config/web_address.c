#include "config/web_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "config/number.h"

static int put_v4(const char *host, uint16_t port, struct web_address *out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return -EINVAL;
    out->length = sizeof address;
    memcpy(&out->address, &address, sizeof address);
    return 0;
}

static int put_v6(const char *host, uint16_t port, struct web_address *out)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET6, host, &address.sin6_addr) != 1)
        return -EINVAL;
    out->length = sizeof address;
    memcpy(&out->address, &address, sizeof address);
    return 0;
}

int web_address_parse(const char *text, struct web_address *ret_address)
{
    struct web_address out = {.is_path = text[0] == '/'};
    char host[INET6_ADDRSTRLEN];
    int64_t port = 0;
    const char *colon = strrchr(text, ':'), *number = colon != NULL ? colon + 1 : "";
    int result = 0;
    if (!out.is_path) {
        bool bracketed = text[0] == '[';
        size_t length = colon != NULL ? (size_t)(colon - text) : 0;
        bool fits = length > 2 && length < sizeof host && (!bracketed || text[length - 1] == ']');
        if (!fits || number_digits(&number, &port) < 0 || *number != '\0' || port > 65535)
            return -EINVAL;
        memcpy(host, text + bracketed, length - 2 * bracketed);
        host[length - 2 * bracketed] = '\0';
        if (strcmp(host, "localhost") == 0)
            memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
        result =
            bracketed ? put_v6(host, (uint16_t)port, &out) : put_v4(host, (uint16_t)port, &out);
    }
    if (result < 0)
        return result;
    out.loopback = out.is_path || web_address_is_loopback(&out.address);
    *ret_address = out;
    return 0;
}

bool web_address_is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    switch (address->ss_family) {
    case AF_INET: return (ntohl(v4->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
    case AF_INET6: return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
    default: return false;
    }
}

void web_address_host(const struct sockaddr_storage *address, char host[INET6_ADDRSTRLEN])
{
    const void *in = &((const struct sockaddr_in *)address)->sin_addr;
    if (address->ss_family == AF_INET6)
        in = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (inet_ntop(address->ss_family, in, host, INET6_ADDRSTRLEN) == NULL)
        host[0] = '\0';
}

uint16_t web_address_port(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}
