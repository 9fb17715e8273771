/* web_address.h - where the page is to be found, as web.listen says it. */
#ifndef CREDD_CONFIG_WEB_ADDRESS_H
#define CREDD_CONFIG_WEB_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct web_address {
    bool is_path;  /* of a Unix socket: nothing else is set */
    bool loopback; /* nobody but this machine reaches it */
    struct sockaddr_storage address;
    socklen_t length;
};

/* "/run/credd/web", "127.0.0.1:8137", "[::1]:8137" or "localhost:8137"; no name is looked up.
 * -EINVAL. */
int web_address_parse(const char *text, struct web_address *ret_address);
/* Of AF_INET or AF_INET6; false for any other family. */
bool web_address_is_loopback(const struct sockaddr_storage *address);
/* "127.0.0.1", "::1": without the port. */
void web_address_host(const struct sockaddr_storage *address, char host[INET6_ADDRSTRLEN]);
uint16_t web_address_port(const struct sockaddr_storage *address);

#endif
