/* number.h - inside config/: numbers as text, strictly: no signs, no exponents, no leading blanks.
 */
#ifndef CREDD_CONFIG_NUMBER_H
#define CREDD_CONFIG_NUMBER_H

#include <stdint.h>

/* All of them: -EINVAL for what is no such number, -ERANGE for one that does not fit. */

/* Digits from `*text` on, which is moved behind them. */
int number_digits(const char **text, int64_t *ret);
/* Digits and up to six more behind a point (-E2BIG: more of them), in millionths; `*text` is moved
 * behind them. */
int number_decimal(const char **text, int64_t *ret_millionths);
int number_whole(const char *text, int64_t *ret);
int number_factor(const char *text, int64_t *ret_millionths);
/* "64M", "1G", "4096": K, M, G and T are powers of 1024. */
int number_size(const char *text, int64_t *ret_bytes);
/* "2%/month", "24%/year", "0.5%/week": millionths a month of 30.44 days. */
int number_growth(const char *text, int64_t *ret_millionths);
/* yes, true, on, 1; no, false, off, 0, in letters of any case. */
int number_boolean(const char *text, int64_t *ret);

#endif
