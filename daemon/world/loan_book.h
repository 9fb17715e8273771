/* loan_book.h - which loans a customer carries at an instant: what the model says of their funded
 * applications, whether or not any row says so (gaps and pauses of loan_applications change
 * nothing). The look-back is bounded, and so is what is kept: any customer can be asked about at
 * any time. */
#ifndef CREDD_WORLD_LOAN_BOOK_H
#define CREDD_WORLD_LOAN_BOOK_H

#include "world/arrivals.h"
#include "world/customers.h"
#include "world/loan_held.h"

#define LOANS_HELD 8 /* the latest ones of a customer */

struct loan_book;
struct loan_model;
struct loan_book *loan_book_new(struct world *world, struct loan_model *model,
                                struct arrivals *arrivals);
void loan_book_free(struct loan_book *book);
void loan_book_forget(struct loan_book *book);

/* Fills `held` with those funded at or before `at` and not paid off, in order of application;
 * returns how many. */
unsigned loans_held(struct world *world, uint64_t customer, world_time at,
                    struct loan_held held[LOANS_HELD]);

/* The same with those from before the customer appears in the data, and one's old loans: the latest
 * last. An old loan is gone once there is a newer one of its kind. */
#define LOANS_CARRIED 20
unsigned loans_carried(struct world *world, uint64_t customer, const struct person *person,
                       world_time at, struct loan_held carried[LOANS_CARRIED]);

/* Says that a customer's loans will be wanted soon. */
void loans_expect(struct world *world, uint64_t customer);

#endif
