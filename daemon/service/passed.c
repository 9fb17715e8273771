#include "service/passed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/mem.h"

size_t passed_list(struct passed **ret_passed)
{
    char **names = NULL;
    int given = sd_listen_fds_with_names(0, &names);
    struct passed *out = MEM_ARRAY(struct passed, given > 0 ? (size_t)given : 1);
    size_t count = 0;
    for (int i = 0; i < given; i++) {
        int fd = SD_LISTEN_FDS_START + i, flags = fcntl(fd, F_GETFL);
        if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0 && flags >= 0 &&
            fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0) {
            out[count].fd = fd;
            (void)snprintf(out[count].name, sizeof out[count].name, "%s", names[i]);
            count++;
        }
        free(names[i]);
    }
    free((void *)names);
    *ret_passed = out;
    return count;
}

void passed_turn_away(void)
{
    struct passed *passed;
    size_t count = passed_list(&passed);
    for (size_t i = 0; i < count; i++) {
        int peer;
        while ((peer = accept4(passed[i].fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
            (void)close(peer);
        (void)close(passed[i].fd);
    }
    free(passed);
}
