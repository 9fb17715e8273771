#include "simulation/virtual_disk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/heap.h"

#define FILES_MAX  64
#define NAMES_MAX  16
#define STEPS_MAX  64
#define PATH_BYTES 120

struct text {
    char *bytes;
    size_t length, room;
};

/* What is in the file as programs see it, and as it was when it was last synced. */
struct file {
    struct text now, kept;
    bool synced;
    int opened; /* how often */
};

struct entry {
    char name[PATH_BYTES];
    int file;
};

struct folder {
    struct entry entries[NAMES_MAX];
    size_t count;
};

/* A change of the folder; `file` is -1 for a removal. */
struct change_of_name {
    char name[PATH_BYTES], from[PATH_BYTES];
    int file;
};

struct virtual_disk {
    struct file files[FILES_MAX];
    struct folder now, kept;
    struct change_of_name unsynced[STEPS_MAX];
    size_t unsynced_count;
    disk_hook *hook;
    void *hook_context;
    size_t write_most;
};

/* --- texts --- */

static void text_add(struct text *text, const char *bytes, size_t length)
{
    if (text->length + length > text->room) {
        text->room = (text->length + length) * 2;
        text->bytes = heap_grow_common(text->bytes, text->room, 1);
    }
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void text_set(struct text *text, const struct text *from)
{
    text->length = 0;
    text_add(text, from->bytes, from->length);
}

/* --- folders --- */

static struct entry *entry_of(struct folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->entries[i].name, name) == 0)
            return &folder->entries[i];
    return NULL;
}

static void folder_drop(struct folder *folder, const char *name)
{
    struct entry *entry = entry_of(folder, name);
    if (entry != NULL)
        *entry = folder->entries[--folder->count];
}

static void folder_apply(struct folder *folder, const struct change_of_name *change)
{
    if (change->from[0] != '\0')
        folder_drop(folder, change->from);
    if (change->file < 0) {
        folder_drop(folder, change->name);
        return;
    }
    struct entry *entry = entry_of(folder, change->name);
    if (entry == NULL) {
        assert(folder->count < NAMES_MAX);
        entry = &folder->entries[folder->count++];
        memcpy(entry->name, change->name, sizeof entry->name);
    }
    entry->file = change->file;
}

static void folder_change(struct virtual_disk *disk, const char *from, const char *name, int file)
{
    struct change_of_name change = {.file = file};
    assert(strlen(name) < PATH_BYTES && strlen(from) < PATH_BYTES);
    memcpy(change.name, name, strlen(name));
    memcpy(change.from, from, strlen(from));
    folder_apply(&disk->now, &change);
    /* The oldest happen by themselves when there are too many. */
    if (disk->unsynced_count == STEPS_MAX) {
        folder_apply(&disk->kept, &disk->unsynced[0]);
        disk->unsynced_count--;
        memmove(disk->unsynced, disk->unsynced + 1,
                disk->unsynced_count * sizeof disk->unsynced[0]);
    }
    disk->unsynced[disk->unsynced_count++] = change;
}

static bool in_use(const struct virtual_disk *disk, int file)
{
    for (size_t i = 0; i < disk->now.count; i++)
        if (disk->now.entries[i].file == file)
            return true;
    for (size_t i = 0; i < disk->kept.count; i++)
        if (disk->kept.entries[i].file == file)
            return true;
    for (size_t i = 0; i < disk->unsynced_count; i++)
        if (disk->unsynced[i].file == file)
            return true;
    return disk->files[file].opened > 0;
}

static int new_file(struct virtual_disk *disk)
{
    int file = 0;
    while (file < FILES_MAX && in_use(disk, file))
        file++;
    assert(file < FILES_MAX);
    struct file *made = &disk->files[file];
    made->now.length = made->kept.length = 0;
    made->synced = false;
    return file;
}

/* --- steps --- */

static int step(struct virtual_disk *disk, enum disk_step what, const char *path)
{
    return disk->hook != NULL ? disk->hook(disk->hook_context, what, path) : 0;
}

static int disk_read_file(void *context, const char *path, char **ret_text, size_t *ret_length)
{
    struct virtual_disk *disk = context;
    int rc = step(disk, DISK_READ, path);
    struct entry *entry = entry_of(&disk->now, path);
    if (rc != 0 || entry == NULL)
        return rc != 0 ? rc : -ENOENT;
    const struct text *text = &disk->files[entry->file].now;
    char *copy = MEM_ARRAY(char, text->length + 1);
    if (text->length > 0)
        memcpy(copy, text->bytes, text->length);
    *ret_text = copy;
    *ret_length = text->length;
    return 0;
}

static int disk_create(void *context, const char *path, int *ret_file)
{
    struct virtual_disk *disk = context;
    int rc = step(disk, DISK_CREATE, path);
    if (rc != 0)
        return rc;
    struct entry *entry = entry_of(&disk->now, path);
    int file = entry != NULL ? entry->file : new_file(disk);
    if (entry == NULL)
        folder_change(disk, "", path, file);
    disk->files[file].now.length = 0;
    disk->files[file].synced = false;
    disk->files[file].opened++;
    *ret_file = file;
    return 0;
}

static int disk_write(void *context, int file, const char *bytes, size_t length,
                      size_t *ret_written)
{
    struct virtual_disk *disk = context;
    int rc = step(disk, DISK_WRITE, "");
    if (rc != 0)
        return rc;
    if (disk->write_most > 0 && length > disk->write_most)
        length = disk->write_most;
    text_add(&disk->files[file].now, bytes, length);
    disk->files[file].synced = false;
    *ret_written = length;
    return 0;
}

static int disk_sync(void *context, int file)
{
    struct virtual_disk *disk = context;
    int rc = step(disk, DISK_SYNC, "");
    if (rc != 0)
        return rc;
    text_set(&disk->files[file].kept, &disk->files[file].now);
    disk->files[file].synced = true;
    return 0;
}

static int disk_close(void *context, int file)
{
    struct virtual_disk *disk = context;
    disk->files[file].opened--;
    return step(disk, DISK_CLOSE, "");
}

static int disk_rename(void *context, const char *from, const char *to)
{
    struct virtual_disk *disk = context;
    int rc = step(disk, DISK_RENAME, to);
    struct entry *entry = entry_of(&disk->now, from);
    if (rc != 0 || entry == NULL)
        return rc != 0 ? rc : -ENOENT;
    folder_change(disk, from, to, entry->file);
    return 0;
}

static int disk_sync_folder(void *context, const char *path)
{
    struct virtual_disk *disk = context;
    int rc = step(disk, DISK_SYNC_FOLDER, path);
    if (rc != 0)
        return rc;
    disk->kept = disk->now;
    disk->unsynced_count = 0;
    return 0;
}

static int disk_remove(void *context, const char *path)
{
    struct virtual_disk *disk = context;
    int rc = step(disk, DISK_REMOVE, path);
    if (rc != 0 || entry_of(&disk->now, path) == NULL)
        return rc != 0 ? rc : -ENOENT;
    folder_change(disk, "", path, -1);
    return 0;
}

static const struct disk_ops virtual_ops = {
    .read = disk_read_file,
    .create = disk_create,
    .write = disk_write,
    .sync = disk_sync,
    .close = disk_close,
    .rename = disk_rename,
    .sync_folder = disk_sync_folder,
    .remove = disk_remove,
};

/* --- what happens to a disk --- */

void virtual_disk_kill(struct virtual_disk *disk)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        disk->files[i].opened = 0;
}

/* What was synced, or what had been written, or a part of that, perhaps with a hole. */
static void tear(struct file *file, struct dice *dice)
{
    struct text *now = &file->now;
    switch (dice_below(dice, 4)) {
    case 0: text_set(now, &file->kept); break;
    case 1: break;
    case 2: now->length = dice_below(dice, now->length + 1); break;
    default: {
        size_t from = dice_below(dice, now->length + 1);
        if (now->length > from)
            memset(now->bytes + from, 0, now->length - from);
        break;
    }
    }
}

void virtual_disk_crash(struct virtual_disk *disk, struct dice *dice)
{
    size_t happened = dice_below(dice, disk->unsynced_count + 1);
    virtual_disk_kill(disk);
    for (size_t i = 0; i < happened; i++)
        folder_apply(&disk->kept, &disk->unsynced[i]);
    disk->now = disk->kept;
    disk->unsynced_count = 0;
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct file *file = &disk->files[i];
        if (in_use(disk, (int)i) && !file->synced)
            tear(file, dice);
        text_set(&file->kept, &file->now);
        file->synced = true;
    }
}

struct virtual_disk *virtual_disk_new(void)
{
    return MEM_NEW(struct virtual_disk);
}

void virtual_disk_free(struct virtual_disk *disk)
{
    if (disk == NULL)
        return;
    for (size_t i = 0; i < FILES_MAX; i++) {
        free(disk->files[i].now.bytes);
        free(disk->files[i].kept.bytes);
    }
    free(disk);
}

void virtual_disk_clear(struct virtual_disk *disk)
{
    virtual_disk_kill(disk);
    disk->now.count = disk->kept.count = 0;
    disk->unsynced_count = 0;
    disk->hook = NULL;
}

struct disk virtual_disk_of(struct virtual_disk *disk)
{
    return (struct disk){&virtual_ops, disk};
}

void virtual_disk_hook(struct virtual_disk *disk, disk_hook *hook, void *context, size_t write_most)
{
    disk->hook = hook;
    disk->hook_context = context;
    disk->write_most = write_most;
}
