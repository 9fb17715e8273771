#include "realism/realism_numbers.h"

#include <math.h>

#include "world/real.h"

void sums_add(struct sums *sums, double x, double y)
{
    sums->n += 1;
    sums->x += x;
    sums->y += y;
    sums->xx += x * x;
    sums->yy += y * y;
    sums->xy += x * y;
}

double sums_mean(const struct sums *sums)
{
    return sums->n > 0 ? sums->x / sums->n : 0;
}

static double variance(double n, double sum, double squares)
{
    double value = n > 0 ? squares / n - sum / n * (sum / n) : 0;
    return value > 0 ? value : 0;
}

double sums_sd(const struct sums *sums)
{
    return sqrt(variance(sums->n, sums->x, sums->xx));
}

static double covariance(const struct sums *sums)
{
    return sums->n > 0 ? sums->xy / sums->n - sums->x / sums->n * (sums->y / sums->n) : 0;
}

double sums_correlation(const struct sums *sums)
{
    double both = sqrt(variance(sums->n, sums->x, sums->xx) * variance(sums->n, sums->y, sums->yy));
    return both > 0 ? covariance(sums) / both : 0;
}

double sums_slope(const struct sums *sums)
{
    double x = variance(sums->n, sums->x, sums->xx);
    return x > 0 ? covariance(sums) / x : 0;
}

void spread_add(struct spread_table *table, double amount)
{
    double log = real_log(amount > 1 ? amount : 1);
    int bin = (int)(log * 100);
    table->bins[bin < SPREAD_BINS ? bin : SPREAD_BINS - 1]++;
    table->n += 1;
    sums_add(&table->logs, log, 0);
}

double spread_quantile(const struct spread_table *table, double share)
{
    double wanted = share * table->n;
    for (int bin = 0; bin < SPREAD_BINS; bin++) {
        if (table->bins[bin] > 0 && wanted <= table->bins[bin])
            return real_exp((bin + wanted / table->bins[bin]) / 100);
        wanted -= table->bins[bin];
    }
    return 0;
}

void samples_add(struct two_samples *samples, unsigned which, int64_t value)
{
    value = value < 0 ? 0 : value < SAMPLE_BINS ? value : SAMPLE_BINS - 1;
    samples->bins[which][value]++;
    samples->n[which] += 1;
}

double samples_p(const struct two_samples *samples)
{
    double below[2] = {0, 0}, widest = 0, sum = 0, sign = 1;
    if (samples->n[0] < 1 || samples->n[1] < 1)
        return 0;
    for (int bin = 0; bin < SAMPLE_BINS; bin++) {
        below[0] += samples->bins[0][bin] / samples->n[0];
        below[1] += samples->bins[1][bin] / samples->n[1];
        double apart = below[0] < below[1] ? below[1] - below[0] : below[0] - below[1];
        widest = apart > widest ? apart : widest;
    }
    double n = sqrt(samples->n[0] * samples->n[1] / (samples->n[0] + samples->n[1]));
    double lambda = (n + .12 + .11 / n) * widest;
    if (lambda < .2)
        return 1;
    for (int k = 1; k <= 100; k++, sign = -sign)
        sum += sign * 2 * real_exp(-2.0 * k * k * lambda * lambda);
    return sum < 0 ? 0 : sum < 1 ? sum : 1;
}
