/* passed.h - sockets that systemd opened before the start and passed: their names say whose they
 * are (FileDescriptorName= of credd.socket and credd-web.socket). */
#ifndef CREDD_SERVICE_PASSED_H
#define CREDD_SERVICE_PASSED_H

#include <stddef.h>

#define PASSED_CONTROL "control"
#define PASSED_WEB     "web"

struct passed {
    int fd; /* a stream socket that listens; does not block, and is closed on exec */
    char name[32];
};

/* New memory in `ret_passed`, to be released with free(); how many there are. May be asked again.
 */
size_t passed_list(struct passed **ret_passed);
/* Closes the connections that wait in them, and them: before an exit that wants a person, since
 * they would make systemd start the next daemon at once, again and again. */
void passed_turn_away(void);

#endif
