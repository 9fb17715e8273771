/* realism_numbers.h - sums of pairs, tables of sizes, and a comparison of two samples. */
#ifndef CREDD_REALISM_REALISM_NUMBERS_H
#define CREDD_REALISM_REALISM_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct sums {
    double n, x, y, xx, yy, xy;
};
void sums_add(struct sums *sums, double x, double y);
double sums_mean(const struct sums *sums);        /* of x */
double sums_sd(const struct sums *sums);          /* of x */
double sums_correlation(const struct sums *sums); /* 0 where there is none */
double sums_slope(const struct sums *sums);       /* of y on x */

/* Amounts of money by their logarithm, in steps of 1%. */
#define SPREAD_BINS 2400
struct spread_table {
    uint32_t bins[SPREAD_BINS];
    double n;
    struct sums logs;
};
void spread_add(struct spread_table *table, double amount);
double spread_quantile(const struct spread_table *table, double share);

/* Two samples of whole numbers from 0 on. */
#define SAMPLE_BINS 2400
struct two_samples {
    uint32_t bins[2][SAMPLE_BINS];
    double n[2];
};
void samples_add(struct two_samples *samples, unsigned which, int64_t value);
/* Kolmogorov and Smirnov's test (conservative where values are alike): the probability of so great
 * a difference. */
double samples_p(const struct two_samples *samples);

#endif
