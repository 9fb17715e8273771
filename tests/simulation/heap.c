#include "simulation/heap.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The linker's --wrap makes calls of NAME arrive at __wrap_NAME. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__real_aligned_alloc(size_t line, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **ret, const char *format, va_list args);
void __real_free(void *memory);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t line, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **ret, const char *format, va_list args);
void __wrap_free(void *memory);

struct heap {
    size_t pieces;
};

/* Which heap a piece of memory belongs to: a table that is open addressed, at most half full. */
struct owner {
    void *memory;
    struct heap *heap;
};

static struct {
    struct owner *table;
    size_t room, used; /* room is a power of two, or 0 */
    struct heap *in_use;
} owners;

static size_t place_of(const void *memory)
{
    uint64_t hash = (uint64_t)(uintptr_t)memory * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 20) & (owners.room - 1);
}

static void put(void *memory, struct heap *heap)
{
    size_t at = place_of(memory);
    while (owners.table[at].memory != NULL)
        at = (at + 1) & (owners.room - 1);
    owners.table[at] = (struct owner){memory, heap};
    owners.used++;
}

static void widen(void)
{
    struct owner *old = owners.table;
    size_t old_room = owners.room;
    owners.room = old_room > 0 ? old_room * 2 : 1024;
    owners.table = __real_calloc(owners.room, sizeof *owners.table);
    if (owners.table == NULL)
        abort();
    owners.used = 0;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].memory != NULL)
            put(old[i].memory, old[i].heap);
    __real_free(old);
}

static void *noted(void *memory, struct heap *heap)
{
    if (memory == NULL || heap == NULL)
        return memory;
    if ((owners.used + 1) * 2 > owners.room)
        widen();
    put(memory, heap);
    heap->pieces++;
    return memory;
}

static struct owner *find(const void *memory)
{
    if (owners.used == 0)
        return NULL;
    size_t at = place_of(memory);
    while (owners.table[at].memory != NULL && owners.table[at].memory != memory)
        at = (at + 1) & (owners.room - 1);
    return owners.table[at].memory != NULL ? &owners.table[at] : NULL;
}

/* Takes an entry out and lets those behind it that were pushed on by it move up. */
static void take_out(struct owner *entry)
{
    size_t hole = (size_t)(entry - owners.table);
    size_t mask = owners.room - 1;
    entry->heap->pieces--;
    owners.used--;
    for (size_t at = (hole + 1) & mask; owners.table[at].memory != NULL; at = (at + 1) & mask) {
        size_t home = place_of(owners.table[at].memory);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            owners.table[hole] = owners.table[at];
            hole = at;
        }
    }
    owners.table[hole] = (struct owner){NULL, NULL};
}

/* Forgets it: whose it was, NULL if nobody's. */
static struct heap *forget(const void *memory)
{
    struct owner *entry = memory != NULL ? find(memory) : NULL;
    struct heap *heap = entry != NULL ? entry->heap : NULL;
    if (entry != NULL)
        take_out(entry);
    return heap;
}

/* --- what programs call --- */

void *__wrap_malloc(size_t size)
{
    return noted(__real_malloc(size), owners.in_use);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return noted(__real_calloc(count, size), owners.in_use);
}

/* What grows stays whose it is. */
void *__wrap_realloc(void *old, size_t size)
{
    struct heap *heap = old != NULL ? forget(old) : owners.in_use;
    return noted(__real_realloc(old, size), heap);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    struct heap *heap = old != NULL ? forget(old) : owners.in_use;
    return noted(__real_reallocarray(old, count, size), heap);
}

void *__wrap_aligned_alloc(size_t line, size_t size)
{
    return noted(__real_aligned_alloc(line, size), owners.in_use);
}

char *__wrap_strdup(const char *text)
{
    return noted(__real_strdup(text), owners.in_use);
}

int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
    int length = __real_vasprintf(ret, format, args);
    if (length >= 0)
        (void)noted(*ret, owners.in_use);
    return length;
}

void __wrap_free(void *memory)
{
    (void)forget(memory);
    __real_free(memory);
}

/* --- heaps --- */

struct heap *heap_new(void)
{
    struct heap *heap = __real_calloc(1, sizeof *heap);
    if (heap == NULL)
        abort();
    return heap;
}

struct heap *heap_use(struct heap *heap)
{
    struct heap *before = owners.in_use;
    owners.in_use = heap;
    return before;
}

size_t heap_pieces(const struct heap *heap)
{
    return heap->pieces;
}

size_t heap_drop(struct heap *heap)
{
    size_t dropped = heap->pieces;
    assert(owners.in_use != heap);
    for (size_t at = 0; heap->pieces > 0; at = (at + 1) & (owners.room - 1)) {
        /* Another one may move up into its place. */
        while (owners.table[at].memory != NULL && owners.table[at].heap == heap) {
            void *memory = owners.table[at].memory;
            take_out(&owners.table[at]);
            __real_free(memory);
        }
    }
    __real_free(heap);
    return dropped;
}

void *heap_grow_common(void *old, size_t count, size_t size)
{
    struct heap *before = heap_use(NULL);
    void *memory = mem_grow(old, count, size);
    (void)heap_use(before);
    return memory;
}
