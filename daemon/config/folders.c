#include "config/folders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* The value of a variable that must be an absolute path to count. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

/* The first of the folders that the service manager made for us, or somebody named in its stead and
 * forgot to make; false: there is none. The name of an instance may hold what parts them. */
static bool given(const char *name, bool everybody, struct folder *ret)
{
    const char *value = variable(name);
    if (value == NULL)
        return false;
    struct stat there;
    bool whole = stat(value, &there) == 0 && S_ISDIR(there.st_mode);
    size_t length = whole ? strlen(value) : strcspn(value, ":");
    *ret = (struct folder){
        .path = mem_format("%.*s", (int)length, value), .own = true, .everybody = everybody};
    return true;
}

static int find_state(struct folder *ret, struct fault *fault)
{
    if (given("STATE_DIRECTORY", false, ret))
        return 0;
    const char *state = variable("XDG_STATE_HOME");
    const char *home = variable("HOME");
    ret->own = true;
    if (state != NULL)
        ret->path = mem_format("%s/credd", state);
    else if (home != NULL)
        ret->path = mem_format("%s/.local/state/credd", home);
    else
        return fault_set(
            fault, -ENOENT,
            "environment: found no directory for local state, allowed: an absolute path in "
            "STATE_DIRECTORY, XDG_STATE_HOME or HOME");
    return 0;
}

static void find_runtime(const struct folder *state, struct folder *ret)
{
    if (given("RUNTIME_DIRECTORY", true, ret))
        return;
    const char *runtime = variable("XDG_RUNTIME_DIR");
    if (runtime != NULL)
        *ret = (struct folder){.path = mem_format("%s/credd", runtime), .own = true};
    else if (geteuid() == 0)
        *ret = (struct folder){.path = mem_text("/run/credd"), .own = true, .everybody = true};
    else
        *ret = (struct folder){.path = mem_text(state->path), .own = state->own};
}

int folders_find(struct folders *ret_folders, struct fault *fault)
{
    struct folders folders = {0};
    int r = find_state(&folders.state, fault);
    if (r < 0)
        return r;
    find_runtime(&folders.state, &folders.runtime);
    *ret_folders = folders;
    return 0;
}

void folders_done(struct folders *folders)
{
    free(folders->state.path);
    free(folders->runtime.path);
    *folders = (struct folders){0};
}

static int make(char *path, mode_t mode)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int r = mkdir(path, mode);
        *slash = '/';
        if (r < 0 && errno != EEXIST)
            return -errno;
    }
    return mkdir(path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

int folder_make(const struct folder *folder, struct fault *fault)
{
    if (!folder->own)
        return 0;
    char *copy = mem_text(folder->path);
    int r = make(copy, folder->everybody ? 0755 : 0700);
    free(copy);
    if (r < 0)
        return fault_set(fault, r, "%s: cannot be created: %s", folder->path, strerror(-r));
    return 0;
}
