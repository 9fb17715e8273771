/* sqlite_file.h - for tests of the SQLite store: a file in a folder of its own, and somebody else's
 * connection to it. */
#ifndef CREDD_TESTS_SQLITE_FILE_H
#define CREDD_TESTS_SQLITE_FILE_H

#include <dirent.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_conformance.h"

struct sqlite_file {
    char folder[64];
    char path[96];
    sqlite3 *other; /* opened at its first use */
    uint64_t min_free;
};

static inline void sqlite_file_init(struct sqlite_file *file)
{
    *file = (struct sqlite_file){.folder = "/tmp/credd-test-XXXXXX"};
    if (mkdtemp(file->folder) == NULL)
        abort();
    (void)snprintf(file->path, sizeof file->path, "%s/db.sqlite", file->folder);
}

/* Calls `see` with the full path of every file in the folder. */
static inline unsigned sqlite_file_each(const struct sqlite_file *file, int (*see)(const char *))
{
    unsigned count = 0;
    DIR *folder = opendir(file->folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char *path = mem_format("%s/%s", file->folder, entry->d_name);
        if (entry->d_name[0] != '.') {
            count++;
            if (see != NULL)
                (void)see(path);
        }
        free(path);
    }
    (void)closedir(folder);
    return count;
}

static inline void sqlite_file_close(struct sqlite_file *file)
{
    (void)sqlite3_close(file->other);
    file->other = NULL;
}

static inline void sqlite_file_fresh(void *context)
{
    struct sqlite_file *file = context;
    sqlite_file_close(file);
    (void)chmod(file->folder, 0700);
    (void)sqlite_file_each(file, unlink);
}

static inline void sqlite_file_done(struct sqlite_file *file)
{
    sqlite_file_fresh(file);
    (void)rmdir(file->folder);
}

static inline struct store *sqlite_file_open(void *context)
{
    const struct sqlite_file *file = context;
    return store_new(&(struct store_config){.path = file->path, .min_free = file->min_free});
}

static inline sqlite3 *sqlite_file_other(struct sqlite_file *file)
{
    if (file->other == NULL) {
        if (sqlite3_open(file->path, &file->other) != SQLITE_OK)
            abort();
        (void)sqlite3_busy_timeout(file->other, 5000);
        (void)sqlite3_exec(file->other, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
    }
    return file->other;
}

static inline int sqlite_file_raw(void *context, const char *sql)
{
    return sqlite3_exec(sqlite_file_other(context), sql, NULL, NULL, NULL);
}

static inline int sqlite_file_ask(void *context, const char *sql, char *ret, size_t room)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(sqlite_file_other(context), sql, -1, &statement, NULL) != SQLITE_OK)
        return -1;
    int rc = sqlite3_step(statement);
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    (void)snprintf(ret, room, "%s", text != NULL ? text : "");
    (void)sqlite3_finalize(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

static inline struct conformance sqlite_conformance(struct sqlite_file *file)
{
    sqlite_file_init(file);
    return (struct conformance){
        .context = file,
        .sqlite = true,
        .fresh = sqlite_file_fresh,
        .open = sqlite_file_open,
        .raw = sqlite_file_raw,
        .ask = sqlite_file_ask,
    };
}

static inline struct sqlite_file *file_of(struct conformance *c)
{
    return c->context;
}

/* The bytes of the file; to be released. */
static inline char *bytes_of(const char *path, size_t *ret_length)
{
    FILE *in = fopen(path, "rbe");
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    *ret_length = (size_t)ftell(in);
    rewind(in);
    char *bytes = MEM_ARRAY(char, *ret_length + 1);
    assert_int_equal(fread(bytes, 1, *ret_length, in), *ret_length);
    (void)fclose(in);
    return bytes;
}

static inline void write_file(const char *path, const char *bytes, size_t length, long at)
{
    FILE *out = fopen(path, at > 0 ? "r+be" : "wbe");
    assert_non_null(out);
    assert_int_equal(fseek(out, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

#endif
