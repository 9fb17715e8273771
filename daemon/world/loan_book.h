/* loan_book.h - everybody's dealings with lenders at any instant: what the model says of their
 * applications, whether or not any row says so (gaps and pauses of loan_applications change
 * nothing). Lives are folded on demand and kept as long as there is room: any customer can be asked
 * about at any time. */
#ifndef CREDD_WORLD_LOAN_BOOK_H
#define CREDD_WORLD_LOAN_BOOK_H

#include "world/arrivals.h"
#include "world/credit.h"
#include "world/loan_life.h"

struct loan_book;
struct loan_model;
struct loan_book *loan_book_new(struct world *world, struct loan_model *model,
                                struct arrivals *arrivals);
void loan_book_free(struct loan_book *book);
void loan_book_forget(struct loan_book *book);

/* The application that comes of a candidate; NULL: none. Valid until the next question. */
const struct loan_held *loan_book_application(struct loan_book *book,
                                              const struct arrival *arrival);
/* How many applications of a customer there are between two instants, from a fold of its own. */
unsigned loan_book_count(struct loan_book *book, uint64_t customer, world_time from, world_time to);
/* Calls `see` with each, and what lenders knew: for those who measure. */
struct loan_terms;
typedef void loan_book_visitor(void *context, const struct loan_life *life,
                               const struct loan_held *loan, const struct loan_terms *terms);
void loan_book_replay(struct world *world, uint64_t customer, world_time to, loan_book_visitor *see,
                      void *context);

/* Fills `held` with the loans that came of applications, funded at or before `at` and owed, in
 * order of application; returns how many. */
#define LOANS_HELD LIFE_LOANS
unsigned loans_held(struct world *world, uint64_t customer, world_time at,
                    struct loan_held held[LOANS_HELD]);
/* The same with those that somebody had before they appeared in the data. */
#define LOANS_CARRIED LIFE_LOANS
unsigned loans_carried(struct world *world, uint64_t customer, world_time at,
                       struct loan_held carried[LOANS_CARRIED]);
/* What applications and loans make of a customer's credit at an instant. */
void loans_show(struct world *world, uint64_t customer, world_time at, struct credit_view *view);

/* Says that a customer's loans will be wanted soon. */
void loans_expect(struct world *world, uint64_t customer);

#endif
