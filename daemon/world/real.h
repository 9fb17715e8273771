/* real.h - elementary functions built from + - * / and sqrt only, so that every processor agrees to
 * the bit. No libm function other than sqrt may be called in world/ (a test greps the objects for
 * it). */
#ifndef CREDD_WORLD_REAL_H
#define CREDD_WORLD_REAL_H

#include <stdint.h>

double real_exp(double x);
double real_log(double x);           /* x > 0 */
double real_pow(double x, double y); /* x > 0 */
double real_tanh(double x);
double real_floor(double x);
int64_t real_round(double x); /* half away from zero */
double real_clip(double x, double low, double high);
/* Standard normal distribution and its inverse (absolute error below 1e-7). */
double real_normal_cdf(double x);
double real_normal_quantile(double p); /* 0 < p < 1 */

/* Piecewise linear through (x, y) points with ascending x; constant outside. */
struct real_point {
    double x, y;
};
double real_interpolate(const struct real_point *points, unsigned count, double x);

#endif
