/* peer.h - who is at the other end of a connection and what they may do, without any name service.
 */
#ifndef CREDD_CONTROL_PEER_H
#define CREDD_CONTROL_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <credd/protocol.h>

#define PEER_USER_MAX 40

struct peer {
    uid_t uid;
    gid_t gid;
    pid_t pid;
    enum credd_access access;
    char user[PEER_USER_MAX]; /* name, or the uid in decimal */
};

/* Who may operate besides root. */
struct peer_rule {
    uid_t self;
    bool has_group;
    gid_t group;
};

/* The user names of a passwd(5) file: read at the start, and again when it has changed and somebody
 * comes who was not in it. */
struct peer_names;

struct peer_names *peer_names_load(const char *path);
void peer_names_free(struct peer_names *names);
/* Fills `user` with the name, or with the number if the file has none. */
void peer_name(struct peer_names *names, uid_t uid, char user[PEER_USER_MAX]);

enum credd_access peer_access(const struct peer_rule *rule, uid_t uid, gid_t gid,
                              const gid_t *groups, size_t count);
/* Asks the kernel who connected. Negative errno. */
int peer_of(int fd, const struct peer_rule *rule, struct peer_names *names, struct peer *ret_peer);

#endif
