/* Computes score_table.c: the scores at the knots of the latent such that a portfolio in its steady
 * state has the score distribution of credit_score_bands.csv (2025 column). The damage of late
 * payments depends on the scores, so the table is found by iterating: simulate, rank the latents,
 * assign target quantiles.
 *
 *   cc -O2 -I daemon -I include -o make_score_table daemon/world/data/make_score_table.c
 *      daemon/world/credit_model.c daemon/world/random.c daemon/world/real.c
 * daemon/world/data/normal_table.c -lm
 *   ./make_score_table > daemon/world/data/score_table.c
 */
#include <stdio.h>
#include <stdlib.h>

#include "world/credit_model.h"
#include "world/random.h"
#include "world/real.h"

#define PEOPLE 100000
#define MONTHS 72
#define ROUNDS 8
#define EACH   7 /* every seventh month of a person is ranked */
#define SEED   77
#define TOP    0.987 /* the rest has exactly 850 */

/* Cumulated shares: band edges as published, knots between them that shape the ends. */
static const struct real_point target[] = {
    {300, 0},    {400, .0020}, {450, .0090}, {500, .035}, {550, .09},  {600, .17},
    {650, .255}, {700, .365},  {750, .52},   {800, .76},  {825, .879}, {850, TOP},
};
#define KNOTS (int)(sizeof(target) / sizeof(target[0]))

/* Ages of customers: adults of CPS 2024, a little older because they stay for years. */
static const struct real_point ages[] = {{0, 18.5},    {0.20, 31},   {0.46, 46},
                                         {0.69, 60.5}, {0.90, 75.5}, {1, 91}};
#define AGES (sizeof(ages) / sizeof(ages[0]))

static void make_slopes(double slope[])
{
    double rise[KNOTS];

    for (int i = 0; i < KNOTS - 1; i++)
        rise[i] = (target[i + 1].y - target[i].y) / (target[i + 1].x - target[i].x);
    slope[0] = rise[0] * 0.3;
    slope[KNOTS - 1] = rise[KNOTS - 2];
    for (int i = 1; i < KNOTS - 1; i++) {
        double left = target[i].x - target[i - 1].x;
        double right = target[i + 1].x - target[i].x;
        double a = 2 * right + left;
        double b = right + 2 * left;
        slope[i] = (a + b) / (a / rise[i - 1] + b / rise[i]);
    }
}

/* A monotone cubic through the target. */
static double share_below(const double slope[], double score)
{
    int i = 0;

    while (i < KNOTS - 2 && score > target[i + 1].x)
        i++;
    double width = target[i + 1].x - target[i].x;
    double t = (score - target[i].x) / width;
    return target[i].y * (1 + 2 * t) * (1 - t) * (1 - t) +
           width * slope[i] * t * (1 - t) * (1 - t) + target[i + 1].y * t * t * (3 - 2 * t) +
           width * slope[i + 1] * t * t * (t - 1);
}

static double score_at(const double slope[], double share)
{
    double low = SCORE_LOW;
    double high = SCORE_HIGH;

    if (share >= TOP)
        return SCORE_HIGH + 0.4;
    for (int i = 0; i < 50; i++) {
        double middle = (low + high) / 2;
        if (share_below(slope, middle) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static int compare_latents(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static size_t simulate(const struct credit_model *model, double *latents)
{
    size_t count = 0;

    for (uint64_t person = 0; person < PEOPLE; person++) {
        struct credit_state state;
        struct random_block block = random_at(SEED, RANDOM_CUSTOMER_PERSON, person, 0, 0);
        double age = real_interpolate(ages, AGES, random_uniform(block.word[0]));
        credit_state_start(model, SEED, person, credit_standing(age), &state);
        for (int month = 0; month < CREDIT_BURN_IN + MONTHS; month++) {
            struct credit_month noise = credit_state_step(model, SEED, person, month, 1.0, &state);
            if (month >= CREDIT_BURN_IN && (month + (int)person) % EACH == 0)
                latents[count++] = credit_latent(&state, &noise);
        }
    }
    qsort(latents, count, sizeof(*latents), compare_latents);
    return count;
}

static void fit(const double slope[], const double *latents, size_t count, double score[])
{
    size_t below = 0;

    for (int i = 0; i < SCORE_KNOTS; i++) {
        double latent = SCORE_KNOT_0 + i / SCORE_KNOTS_PER_UNIT;
        while (below < count && latents[below] < latent)
            below++;
        score[i] = score_at(slope, ((double)below + 0.3) / ((double)count + 0.6));
    }
    score[0] = SCORE_LOW;
}

int main(void)
{
    static double latents[(size_t)PEOPLE * (MONTHS / EACH + 1)];
    double slope[KNOTS];
    double score[SCORE_KNOTS];
    struct credit_model model;

    make_slopes(slope);
    for (int i = 0; i < SCORE_KNOTS; i++)
        score[i] = score_at(slope, real_normal_cdf(SCORE_KNOT_0 + i / SCORE_KNOTS_PER_UNIT));
    for (int round = 0; round < ROUNDS; round++) {
        credit_model_init(&model, score);
        fit(slope, latents, simulate(&model, latents), score);
    }
    printf(
        "/* Made by make_score_table.c; do not edit. */\n#include \"world/data/score_table.h\"\n\n"
        "const double score_table[SCORE_KNOTS] = {\n");
    for (int i = 0; i < SCORE_KNOTS; i++)
        printf("%s%.4f,%s", i % 8 ? " " : "    ", score[i],
               i % 8 == 7 || i == SCORE_KNOTS - 1 ? "\n" : "");
    printf("};\n");
    return 0;
}
