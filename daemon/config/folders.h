/* folders.h - inside config/: where local state and the control socket go when nobody says. */
#ifndef CREDD_CONFIG_FOLDERS_H
#define CREDD_CONFIG_FOLDERS_H

#include <stdbool.h>

#include "base/fault.h"

struct folder {
    char *path;
    bool own;       /* ours to make if it is missing */
    bool everybody; /* others may look into it */
};

struct folders {
    struct folder state;
    struct folder runtime;
};

/* From the environment; -ENOENT if it leaves no choice. */
int folders_find(struct folders *ret_folders, struct fault *fault);
void folders_done(struct folders *folders);
/* Makes the folder and those above it, if it is ours to make. */
int folder_make(const struct folder *folder, struct fault *fault);

#endif
