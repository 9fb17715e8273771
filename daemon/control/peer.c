#include "control/peer.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"

#define NAMES_MAX  4096
#define GROUPS_MAX 65536

struct peer_name {
    uid_t uid;
    char user[PEER_USER_MAX];
};

struct peer_names {
    struct peer_name *items; /* ascending by uid, of equals the file's first */
    size_t count;
    char *path;
    struct stat as; /* the file was when it was read */
};

static int by_uid(const void *a, const void *b)
{
    uid_t left = ((const struct peer_name *)a)->uid;
    uid_t right = ((const struct peer_name *)b)->uid;
    return left < right ? -1 : left > right;
}

static bool has_uid(const struct peer_names *names, uid_t uid)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].uid == uid)
            return true;
    }
    return false;
}

static void add_name(struct peer_names *names, const struct passwd *entry)
{
    if (strlen(entry->pw_name) >= PEER_USER_MAX || has_uid(names, entry->pw_uid))
        return;
    names->items = mem_grow(names->items, names->count + 1, sizeof *names->items);
    struct peer_name *name = &names->items[names->count++];
    *name = (struct peer_name){.uid = entry->pw_uid};
    memcpy(name->user, entry->pw_name, strlen(entry->pw_name));
}

static void read_names(struct peer_names *names)
{
    FILE *file = fopen(names->path, "re");
    if (file == NULL)
        return;
    struct passwd entry, *found;
    char line[4096];
    names->count = 0;
    (void)fstat(fileno(file), &names->as);
    while (names->count < NAMES_MAX && fgetpwent_r(file, &entry, line, sizeof line, &found) == 0)
        add_name(names, &entry);
    (void)fclose(file);
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, by_uid);
}

struct peer_names *peer_names_load(const char *path)
{
    struct peer_names *names = MEM_NEW(struct peer_names);
    names->path = mem_text(path);
    read_names(names);
    return names;
}

void peer_names_free(struct peer_names *names)
{
    if (names == NULL)
        return;
    free(names->items);
    free(names->path);
    free(names);
}

static const struct peer_name *find(const struct peer_names *names, uid_t uid)
{
    const struct peer_name key = {.uid = uid};
    if (names->count == 0)
        return NULL;
    return bsearch(&key, names->items, names->count, sizeof key, by_uid);
}

static bool has_changed(const struct peer_names *names)
{
    struct stat is;
    return stat(names->path, &is) == 0 &&
           (is.st_ino != names->as.st_ino || is.st_size != names->as.st_size ||
            is.st_mtim.tv_sec != names->as.st_mtim.tv_sec ||
            is.st_mtim.tv_nsec != names->as.st_mtim.tv_nsec);
}

void peer_name(struct peer_names *names, uid_t uid, char user[PEER_USER_MAX])
{
    const struct peer_name *found = find(names, uid);
    if (found == NULL && has_changed(names)) {
        read_names(names);
        found = find(names, uid);
    }
    if (found != NULL)
        memcpy(user, found->user, PEER_USER_MAX);
    else
        (void)snprintf(user, PEER_USER_MAX, "%ju", (uintmax_t)uid);
}

enum credd_access peer_access(const struct peer_rule *rule, uid_t uid, gid_t gid,
                              const gid_t *groups, size_t count)
{
    if (uid == 0 || uid == rule->self)
        return CREDD_ACCESS_OPERATE;
    if (!rule->has_group)
        return CREDD_ACCESS_READ;
    if (gid == rule->group)
        return CREDD_ACCESS_OPERATE;
    for (size_t i = 0; i < count; i++) {
        if (groups[i] == rule->group)
            return CREDD_ACCESS_OPERATE;
    }
    return CREDD_ACCESS_READ;
}

static int groups_of(int fd, gid_t **ret_groups, size_t *ret_count)
{
    socklen_t size = 64 * sizeof(gid_t);
    gid_t *groups = mem_zero(1, size);
    while (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
        int error = errno;
        if (error != ERANGE || size > GROUPS_MAX * sizeof(gid_t)) {
            free(groups);
            return -error;
        }
        groups = mem_grow(groups, 1, size); /* the kernel told how much it needs */
    }
    *ret_groups = groups;
    *ret_count = size / sizeof(gid_t);
    return 0;
}

int peer_of(int fd, const struct peer_rule *rule, struct peer_names *names, struct peer *ret_peer)
{
    struct ucred who;
    socklen_t size = sizeof who;
    gid_t *groups = NULL;
    size_t count = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
        return -errno;
    int r = groups_of(fd, &groups, &count);
    if (r < 0)
        return r;
    struct peer peer = {.uid = who.uid, .gid = who.gid, .pid = who.pid};
    peer.access = peer_access(rule, who.uid, who.gid, groups, count);
    peer_name(names, who.uid, peer.user);
    free(groups);
    *ret_peer = peer;
    return 0;
}
