/* dice.h - the chances of a simulation: the same number throws the same again, on every machine. */
#ifndef CREDD_SIMULATION_DICE_H
#define CREDD_SIMULATION_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state[4];
};

/* `run` is the number that plays again; `part` names what the dice are for, so that one part's
 * throws do not change another's. */
struct dice dice_of(uint64_t run, uint64_t part);
uint64_t dice_throw(struct dice *dice);
/* 0 to count - 1; `count` is at least 1. */
uint64_t dice_below(struct dice *dice, uint64_t count);
/* `from` to `to`, both included. */
int64_t dice_between(struct dice *dice, int64_t from, int64_t to);
/* The same, small ones as likely as large ones: what spans many sizes. `from` is at least 1. */
int64_t dice_size(struct dice *dice, int64_t from, int64_t to);
/* True `of` times in `in`. */
bool dice_chance(struct dice *dice, unsigned of, unsigned in);
/* 0 to count - 1, each as often as its weight says; not all are 0. */
size_t dice_choose(struct dice *dice, const unsigned *weights, size_t count);

#endif
