/* The connection in hand, and the two ways in which it ends: closed, or cut from another thread. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/mariadb.h"

/* The library closes its socket when it pleases, and another thread may be given the number at
 * once: store_interrupt() therefore works on a duplicate, which only we close. */
void maria_plug(struct maria *maria, int socket_of)
{
    (void)pthread_mutex_lock(&maria->lock);
    if (maria->plug >= 0)
        (void)close(maria->plug);
    maria->plug = socket_of >= 0 ? fcntl(socket_of, F_DUPFD_CLOEXEC, 3) : -1;
    if (maria->plug >= 0 && atomic_load(&maria->cut))
        (void)shutdown(maria->plug, SHUT_RDWR);
    (void)pthread_mutex_unlock(&maria->lock);
}

void maria_interrupt(struct maria *maria)
{
    const uint64_t one = 1;
    (void)pthread_mutex_lock(&maria->lock);
    atomic_store(&maria->cut, true);
    if (maria->plug >= 0)
        (void)shutdown(maria->plug, SHUT_RDWR);
    (void)pthread_mutex_unlock(&maria->lock);
    ssize_t put = write(maria->wake, &one, sizeof one);
    (void)put;
    if (maria->helper != NULL)
        maria_interrupt(maria->helper);
}

void maria_like_forget(struct maria *maria)
{
    maria->likes = false;
    for (size_t i = 0; i < SQL_LIKED; i++) {
        free(maria->like[i]);
        maria->like[i] = NULL;
    }
}

void maria_disconnect(struct maria *maria)
{
    if (maria->helper != NULL)
        maria_disconnect(maria->helper);
    maria->building = false;
    maria_like_forget(maria);
    if (maria->mysql == NULL)
        return;
    mysql_close(maria->mysql);
    maria->mysql = NULL;
    maria_plug(maria, -1);
}

bool maria_has_choice(const struct maria *maria)
{
    return !maria->by_socket && maria->hosts != NULL && strpbrk(maria->hosts, ", \t") != NULL;
}
