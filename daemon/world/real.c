#include "world/real.h"

#include <math.h>
#include <string.h>

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t to_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double power_of_two(int exponent)
{
    return from_bits((uint64_t)(exponent + 1023) << 52);
}

#define LN2_HIGH 0x1.62e42feep-1 /* short, so that its product with an exponent is exact */
#define LN2_LOW  0x1.a39ef35793c76p-33

/* e^x = 2^k e^r with |r| <= ln 2 / 2; e^r by its Taylor series to r^13, even and odd terms apart.
 */
double real_exp(double x)
{
    if (!(x > -745.0))
        return 0.0;
    if (x > 709.0)
        x = 709.0;
    double k = real_floor(x * 0x1.71547652b82fep+0 + 0.5);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double s = r * r;
    double even =
        1.0 / 2 +
        s * (1.0 / 24 +
             s * (1.0 / 720 + s * (1.0 / 40320 + s * (1.0 / 3628800 + s * (1.0 / 479001600)))));
    double odd =
        1.0 / 6 +
        s * (1.0 / 120 +
             s * (1.0 / 5040 + s * (1.0 / 362880 + s * (1.0 / 39916800 + s * (1.0 / 6227020800)))));
    double y = 1.0 + (r + s * (even + r * odd));
    int exponent = (int)k;
    if (exponent < -1022)
        return y * power_of_two(exponent + 100) * power_of_two(-100);
    return y * power_of_two(exponent);
}

/* x = 2^k m with m around 1; log m = 2 atanh((m - 1) / (m + 1)). */
double real_log(double x)
{
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p60;
        k = -60;
    }
    uint64_t bits = to_bits(x);
    k += (int)(bits >> 52) - 1023;
    double m = from_bits((bits & UINT64_C(0xFFFFFFFFFFFFF)) | UINT64_C(0x3FF0000000000000));
    if (m > 0x1.6a09e667f3bcdp+0) {
        m *= 0.5;
        k++;
    }
    double f = (m - 1.0) / (m + 1.0);
    double s = f * f, q = s * s;
    double a = 1.0 / 3 + q * (1.0 / 7 + q * (1.0 / 11 + q * (1.0 / 15 + q * (1.0 / 19))));
    double b = 1.0 / 5 + q * (1.0 / 9 + q * (1.0 / 13 + q * (1.0 / 17 + q * (1.0 / 21))));
    double tail = 2.0 * f * s * (a + s * b);
    return k * LN2_HIGH + (2.0 * f + (tail + k * LN2_LOW));
}

double real_pow(double x, double y)
{
    return real_exp(y * real_log(x));
}

double real_tanh(double x)
{
    double s = x * x;
    if (s < 1e-4)
        return x * (1.0 - s * (1.0 / 3 - s * (2.0 / 15 - s * (17.0 / 315))));
    if (x > 20.0)
        return 1.0;
    if (x < -20.0)
        return -1.0;
    return 1.0 - 2.0 / (real_exp(2.0 * x) + 1.0);
}

double real_floor(double x)
{
    if (!(x > -0x1p52 && x < 0x1p52))
        return x;
    double whole = (double)(int64_t)x;
    return whole > x ? whole - 1.0 : whole;
}

int64_t real_round(double x)
{
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}

double real_clip(double x, double low, double high)
{
    if (x < low)
        return low;
    return x > high ? high : x;
}

/* Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.2.17: error below 7.5e-8. */
double real_normal_cdf(double x)
{
    double z = x < 0 ? -x : x;
    double t = 1.0 / (1.0 + 0.2316419 * z);
    double series =
        t * (0.319381530 +
             t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    double tail = 0.3989422804014327 * real_exp(-0.5 * z * z) * series;
    return x < 0 ? tail : 1.0 - tail;
}

static double polynomial(const double *coefficients, double x)
{
    double y = coefficients[7];
    for (int i = 6; i >= 0; i--)
        y = y * x + coefficients[i];
    return y;
}

static double ratio(const double coefficients[2][8], double x)
{
    return polynomial(coefficients[0], x) / polynomial(coefficients[1], x);
}

/* Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics
 * 37 (1988). */
static const double quantile_centre[2][8] = {
    {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3},
    {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3},
};
static const double quantile_flank[2][8] = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9},
};
static const double quantile_tail[2][8] = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15},
};

double real_normal_quantile(double p)
{
    double q = p - 0.5;
    if (q > -0.425 && q < 0.425)
        return q * ratio(quantile_centre, 0.180625 - q * q);
    double r = sqrt(-real_log(q < 0 ? p : 1.0 - p));
    double x = r <= 5.0 ? ratio(quantile_flank, r - 1.6) : ratio(quantile_tail, r - 5.0);
    return q < 0 ? -x : x;
}

double real_interpolate(const struct real_point *points, unsigned count, double x)
{
    if (x <= points[0].x)
        return points[0].y;
    for (unsigned i = 1; i < count; i++) {
        const struct real_point *a = &points[i - 1], *b = &points[i];
        if (x < b->x)
            return a->y + (b->y - a->y) * (x - a->x) / (b->x - a->x);
    }
    return points[count - 1].y;
}
