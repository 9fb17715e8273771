/* virtual_disk.h - a disk in memory that forgets at a power cut what was not synced, and can stop
 * or fail at any step. */
#ifndef CREDD_SIMULATION_VIRTUAL_DISK_H
#define CREDD_SIMULATION_VIRTUAL_DISK_H

#include <stdbool.h>

#include "base/disk.h"
#include "simulation/dice.h"

enum disk_step {
    DISK_READ,
    DISK_CREATE,
    DISK_WRITE,
    DISK_SYNC,
    DISK_CLOSE,
    DISK_RENAME,
    DISK_SYNC_FOLDER,
    DISK_REMOVE,
};

struct virtual_disk;

/* Called before each step, and may yield: a process that is not continued was killed there. A
 * negative errno makes the step fail without having done anything. */
typedef int disk_hook(void *context, enum disk_step step, const char *path);

struct virtual_disk *virtual_disk_new(void);
void virtual_disk_free(struct virtual_disk *disk);
/* Everything is gone, for the next run. */
void virtual_disk_clear(struct virtual_disk *disk);
/* As the daemon uses it. It all lies in one folder. */
struct disk virtual_disk_of(struct virtual_disk *disk);
/* NULL: no step stops or fails. At most so many bytes are written in one step; 0: all. */
void virtual_disk_hook(struct virtual_disk *disk, disk_hook *hook, void *context,
                       size_t write_most);

/* The process that had files open is gone; what it wrote is there. */
void virtual_disk_kill(struct virtual_disk *disk);
/* The power went: what was synced is there. Of a file that was not, any part may be; of the
 * renames, creations and removals in a folder that was not, the first so many happened. */
void virtual_disk_crash(struct virtual_disk *disk, struct dice *dice);

#endif
