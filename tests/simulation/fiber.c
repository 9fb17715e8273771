/* Its longjmp() takes one to another stack for a mistake. */
#undef _FORTIFY_SOURCE

#include "simulation/fiber.h"

#include <assert.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/mem.h"

/* A checker of memory has to be told of stacks. */
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_CHECKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_CHECKS 1
#endif
#endif
#ifdef WITH_ADDRESS_CHECKS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id)       ((void)(id))
#endif

#define STACK_BYTES ((size_t)512 << 10)
#define GUARD_BYTES ((size_t)4096) /* at the low end, where stacks overflow */

/* Where a stack was left. swapcontext() asks the kernel for the signal mask each time, which is
 * most of what a run would cost: only a fiber's first step needs it. A checker of addresses knows
 * it better. */
struct place {
    ucontext_t context;
    jmp_buf jump;
};

/* With its stack; a free one waits in the list for its next use. */
struct fiber {
    struct fibers *fibers;
    struct place place;
    bool begun;
    char *memory;
    unsigned valgrind_id;
    fiber_main *main;
    void *main_context;
    struct fiber *resumer; /* NULL: what runs outside of all */
    bool ended;
    void *fake_stack;
    struct fiber *next; /* of those not in use; of those in use */
};

struct fibers {
    struct fiber *running, *idle, *used;
    struct place outside;
    void *outside_fake_stack;
    const void *outside_stack;
    size_t outside_size;
};

/* --- switching --- */

static void leave(void **fake_stack, const void *stack, size_t size)
{
#ifdef WITH_ADDRESS_CHECKS
    __sanitizer_start_switch_fiber(fake_stack, stack, size);
#else
    (void)fake_stack, (void)stack, (void)size;
#endif
}

static void arrive(void *fake_stack, const void **old_stack, size_t *old_size)
{
#ifdef WITH_ADDRESS_CHECKS
    __sanitizer_finish_switch_fiber(fake_stack, old_stack, old_size);
#else
    (void)fake_stack, (void)old_stack, (void)old_size;
#endif
}

static void change(struct place *from, struct place *to, bool begun)
{
#ifdef WITH_ADDRESS_CHECKS
    (void)begun;
    (void)swapcontext(&from->context, &to->context);
#else
    if (_setjmp(from->jump) != 0)
        return;
    if (begun)
        _longjmp(to->jump, 1);
    (void)setcontext(&to->context);
    abort();
#endif
}

/* From the running fiber to who resumed it. */
static void switch_back(struct fiber *fiber)
{
    struct fibers *fibers = fiber->fibers;
    struct fiber *to = fiber->resumer;
    fibers->running = to;
    leave(fiber->ended ? NULL : &fiber->fake_stack,
          to != NULL ? to->memory + GUARD_BYTES : fibers->outside_stack,
          to != NULL ? STACK_BYTES : fibers->outside_size);
    change(&fiber->place, to != NULL ? &to->place : &fibers->outside, true);
    arrive(fiber->fake_stack, NULL, NULL);
}

static void begin(unsigned high, unsigned low)
{
    struct fiber *fiber = (struct fiber *)((uintptr_t)high << 32 | (uintptr_t)low);
    struct fibers *fibers = fiber->fibers;
    const void *stack = NULL;
    size_t size = 0;
    arrive(NULL, &stack, &size);
    if (fiber->resumer == NULL) {
        fibers->outside_stack = stack;
        fibers->outside_size = size;
    }
    fiber->main(fiber->main_context);
    fiber->ended = true;
    switch_back(fiber);
    abort();
}

bool fiber_resume(struct fiber *fiber)
{
    struct fibers *fibers = fiber->fibers;
    struct fiber *from = fibers->running;
    assert(!fiber->ended && fiber != from);
    fiber->resumer = from;
    fibers->running = fiber;
    void **fake_stack = from != NULL ? &from->fake_stack : &fibers->outside_fake_stack;
    leave(fake_stack, fiber->memory + GUARD_BYTES, STACK_BYTES);
    bool begun = fiber->begun;
    fiber->begun = true;
    change(from != NULL ? &from->place : &fibers->outside, &fiber->place, begun);
    arrive(*fake_stack, NULL, NULL);
    return !fiber->ended;
}

void fiber_yield(struct fibers *fibers)
{
    assert(fibers->running != NULL);
    switch_back(fibers->running);
}

struct fiber *fiber_running(const struct fibers *fibers)
{
    return fibers->running;
}

bool fiber_ended(const struct fiber *fiber)
{
    return fiber->ended;
}

/* --- making --- */

struct fibers *fibers_new(void)
{
    return MEM_NEW(struct fibers);
}

static struct fiber *with_stack(void)
{
    struct fiber *fiber = MEM_NEW(struct fiber);
    fiber->memory = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (fiber->memory == MAP_FAILED || mprotect(fiber->memory, GUARD_BYTES, PROT_NONE) != 0)
        abort();
    fiber->valgrind_id = VALGRIND_STACK_REGISTER(fiber->memory + GUARD_BYTES,
                                                 fiber->memory + GUARD_BYTES + STACK_BYTES);
    return fiber;
}

struct fiber *fiber_new(struct fibers *fibers, fiber_main *main, void *context)
{
    struct fiber *fiber = fibers->idle;
    if (fiber != NULL)
        fibers->idle = fiber->next;
    else
        fiber = with_stack();
    fiber->fibers = fibers;
    fiber->main = main;
    fiber->main_context = context;
    fiber->resumer = NULL;
    fiber->ended = false;
    fiber->fake_stack = NULL;
    fiber->next = fibers->used;
    fibers->used = fiber;
    fiber->begun = false;
    ucontext_t *context_of = &fiber->place.context;
    (void)getcontext(context_of);
    context_of->uc_stack.ss_sp = fiber->memory + GUARD_BYTES;
    context_of->uc_stack.ss_size = STACK_BYTES;
    context_of->uc_link = NULL;
    uintptr_t self = (uintptr_t)fiber;
    makecontext(context_of, (void (*)(void))begin, 2, (unsigned)(self >> 32), (unsigned)self);
    return fiber;
}

void fiber_free(struct fiber *fiber)
{
    if (fiber == NULL)
        return;
    struct fibers *fibers = fiber->fibers;
    struct fiber **at = &fibers->used;
    assert(fibers->running != fiber);
    while (*at != fiber)
        at = &(*at)->next;
    *at = fiber->next;
#ifdef WITH_ADDRESS_CHECKS
    ASAN_UNPOISON_MEMORY_REGION(fiber->memory + GUARD_BYTES, STACK_BYTES);
#endif
    fiber->next = fibers->idle;
    fibers->idle = fiber;
}

void fibers_free(struct fibers *fibers)
{
    if (fibers == NULL)
        return;
    while (fibers->used != NULL)
        fiber_free(fibers->used);
    while (fibers->idle != NULL) {
        struct fiber *fiber = fibers->idle;
        fibers->idle = fiber->next;
        VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
        (void)munmap(fiber->memory, GUARD_BYTES + STACK_BYTES);
        free(fiber);
    }
    free(fibers);
}
