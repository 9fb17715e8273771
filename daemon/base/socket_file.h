/* socket_file.h - a Unix socket's file that was just made. */
#ifndef CREDD_BASE_SOCKET_FILE_H
#define CREDD_BASE_SOCKET_FILE_H

#include <sys/types.h>

/* Lets a group use the socket at `path`, mode 0660. What others put in its place meanwhile, such as
 * a link to another file, is left alone: -ENOTSOCK. -EPERM: the file may not be given to that
 * group, and stays as it is; other faults as from open(2) and chmod(2). */
int socket_file_give(const char *path, gid_t group);

#endif
