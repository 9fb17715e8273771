/* heap.h - what a simulated process allocates, so that its memory goes with it when it is killed.
 *
 * A program that links this with SIMULATION_LINK_OPTIONS has the allocations of everything linked
 * into it noted here, while a heap is in use. What shared libraries allocate is not seen, but for
 * jansson's, which asks for its functions. One thread only. */
#ifndef CREDD_SIMULATION_HEAP_H
#define CREDD_SIMULATION_HEAP_H

#include <stddef.h>

struct heap;

struct heap *heap_new(void);
/* Releases all that was allocated while it was in use and is not released yet, and the heap. Must
 * not be in use. Returns how many pieces that were. */
size_t heap_drop(struct heap *heap);
/* What is allocated from now on belongs to that heap; NULL: to nobody, as in any program. Returns
 * the one that was in use. */
struct heap *heap_use(struct heap *heap);
/* How many pieces of a heap are not released yet. */
size_t heap_pieces(const struct heap *heap);

/* As mem_grow(), for what outlives every process: tables of the database, files of the disk. */
void *heap_grow_common(void *old, size_t count, size_t size);

#endif
