#include "world/credit_model.h"

#include <math.h>

#include "world/random.h"
#include "world/real.h"

/* Fitted to credit_score_dynamics.csv and delinquency_roll_rates.csv together with the score table.
 */
#define AGE_SHARE       0.28    /* correlation of the latent with age */
#define QUALITY_SHARE   0.96    /* sqrt(1 - AGE_SHARE^2) */
#define PERSISTENCE     0.99577 /* of quality, a month */
#define INNOVATION      0.09188 /* sqrt(1 - PERSISTENCE^2) */
#define TRANSIENT_SD    0.068
#define HAZARD_600      0.0233 /* of a first late payment at a score of 600, a month */
#define HAZARD_SLOPE    60.0   /* points in which it falls by e */
#define HAZARD_MOST     0.0540
#define CHARGE_OFF_ENDS 0.074 /* a month */
#define UTILIZATION_SD  1.35
/* A month of a person is close to the one before: half of the changes are under 6 points. */
#define UTILIZATION_PERSON    0.88
#define UTILIZATION_TRANSIENT 0.30
#define UTILIZATION_NOISE     0.3682 /* what is left of unit variance */
#define PAST_DAMAGE           1.4    /* scale of the crude law of damage before the burn-in */

#define POINTS(array) (array), (unsigned)(sizeof(array) / sizeof((array)[0]))

/* Points lost by reaching a stage, by the score before, and months until they are back. */
static const struct real_point loss_30[] = {{300, 0},  {400, 5},  {500, 18},  {550, 30}, {620, 50},
                                            {680, 70}, {720, 80}, {780, 100}, {850, 118}};
static const struct real_point loss_90[] = {{300, 0},  {400, 6},   {500, 22},  {550, 36}, {620, 54},
                                            {680, 72}, {720, 100}, {780, 120}, {850, 142}};
static const struct real_point loss_off[] = {{300, 0},   {400, 8},   {500, 28},
                                             {550, 42},  {620, 62},  {680, 84},
                                             {720, 110}, {780, 130}, {850, 155}};
static const struct real_point months_30[] = {{680, 9}, {720, 30}, {780, 36}};
static const struct real_point months_90[] = {{680, 9}, {720, 36}, {780, 84}};
static const struct real_point months_off[] = {{620, 18}, {680, 30}, {720, 60}, {780, 84}};

/* Mean utilization by score, percent: credit_score_bands.csv. */
static const struct real_point mean_utilization[] = {{300, 93}, {420, 91}, {525, 88},   {575, 75},
                                                     {625, 61}, {675, 47}, {725, 32.5}, {775, 15.5},
                                                     {825, 7},  {850, 5}};

/* Where a stage goes next: the first line whose bound is above the month's uniform number. */
struct roll {
    double below;
    enum credit_stage next;
};
static const struct roll rolls[][4] = {
    [STAGE_30] = {{.265, STAGE_CURRENT}, {.285, STAGE_30}, {1, STAGE_60}},
    [STAGE_60] = {{.08, STAGE_CURRENT}, {.11, STAGE_30}, {.14, STAGE_60}, {1, STAGE_90}},
    [STAGE_90] = {{.07, STAGE_CURRENT}, {.12, STAGE_90}, {1, STAGE_120}},
    [STAGE_120] = {{.03, STAGE_CURRENT}, {.05, STAGE_120}, {1, STAGE_150}},
    [STAGE_150] = {{.03, STAGE_CURRENT}, {.04, STAGE_150}, {1, STAGE_CHARGED_OFF}},
    [STAGE_CHARGED_OFF] = {{CHARGE_OFF_ENDS, STAGE_CURRENT}, {1, STAGE_CHARGED_OFF}},
};

void credit_model_init(struct credit_model *model, const double score[SCORE_KNOTS])
{
    double widen = sqrt(1 + UTILIZATION_SD * UTILIZATION_SD);

    for (int i = 0; i < SCORE_KNOTS; i++)
        model->score[i] = score[i];
    for (int i = 0; i <= SCORE_HIGH - SCORE_LOW; i++) {
        double at = SCORE_LOW + i;
        double hazard = HAZARD_600 * real_exp(-(at - 600) / HAZARD_SLOPE);
        double mean = real_interpolate(POINTS(mean_utilization), at) / 100;
        model->hazard[i] = hazard < HAZARD_MOST ? hazard : HAZARD_MOST;
        model->utilization[i] = widen * real_normal_quantile(mean);
    }
}

static double score_of(const struct credit_model *model, double latent)
{
    double place = (latent - SCORE_KNOT_0) * SCORE_KNOTS_PER_UNIT;

    if (!(place > 0))
        return model->score[0];
    if (place >= SCORE_KNOTS - 1)
        return model->score[SCORE_KNOTS - 1];
    int knot = (int)place;
    return model->score[knot] + (place - knot) * (model->score[knot + 1] - model->score[knot]);
}

static double latent_of(const struct credit_model *model, double score)
{
    int low = 0;
    int high = SCORE_KNOTS - 1;

    if (score <= model->score[low])
        return SCORE_KNOT_0;
    if (score >= model->score[high])
        return SCORE_KNOT_0 + high / SCORE_KNOTS_PER_UNIT;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (model->score[middle] <= score)
            low = middle;
        else
            high = middle;
    }
    double step = model->score[high] - model->score[low];
    double part = step > 0 ? (score - model->score[low]) / step : 0;
    return SCORE_KNOT_0 + (low + part) / SCORE_KNOTS_PER_UNIT;
}

static double stage_loss(enum credit_stage stage, double score)
{
    switch (stage) {
    case STAGE_30: return real_interpolate(POINTS(loss_30), score);
    case STAGE_60:
        return 0.5 * (real_interpolate(POINTS(loss_30), score) +
                      real_interpolate(POINTS(loss_90), score));
    case STAGE_CHARGED_OFF: return real_interpolate(POINTS(loss_off), score);
    default: return real_interpolate(POINTS(loss_90), score);
    }
}

static double stage_months(enum credit_stage stage, double score)
{
    switch (stage) {
    case STAGE_30: return real_interpolate(POINTS(months_30), score);
    case STAGE_60:
        return 0.5 * (real_interpolate(POINTS(months_30), score) +
                      real_interpolate(POINTS(months_90), score));
    case STAGE_CHARGED_OFF: return real_interpolate(POINTS(months_off), score);
    default: return real_interpolate(POINTS(months_90), score);
    }
}

/* Damage rises to what the stage costs, measured on the score without damage. */
static void suffer(const struct credit_model *model, double undamaged, enum credit_stage stage,
                   struct credit_state *state)
{
    double score = score_of(model, undamaged);
    double damage = undamaged - latent_of(model, score - stage_loss(stage, score));

    if (damage > state->damage)
        state->damage = damage;
    state->recovery = state->damage / stage_months(stage, score);
}

static int16_t whole_score(const struct credit_model *model, double latent)
{
    int score = (int)(score_of(model, latent) + 0.5);

    return (int16_t)(score < SCORE_LOW ? SCORE_LOW : score > SCORE_HIGH ? SCORE_HIGH : score);
}

double credit_standing(double age)
{
    return AGE_SHARE * real_clip((age - 49) / 18.4, -2, 2.4);
}

double credit_latent(const struct credit_state *state, const struct credit_month *month)
{
    return state->standing + QUALITY_SHARE * state->quality + TRANSIENT_SD * month->transient -
           state->damage;
}

void credit_state_start(const struct credit_model *model, uint64_t seed, uint64_t customer,
                        double standing, struct credit_state *ret_state)
{
    struct random_block block = random_at(seed, RANDOM_CREDIT_PERSON, customer, 0, 0);
    struct random_block past = random_at(seed, RANDOM_CREDIT_PERSON, customer, 0, 1);
    struct credit_state state = {.quality = random_normal(block.word[0]),
                                 .standing = standing,
                                 .trait = random_normal(block.word[1])};
    double undamaged = standing + QUALITY_SHARE * state.quality;
    double score = score_of(model, undamaged);
    double months = stage_months(STAGE_CHARGED_OFF, score);
    double hazard = model->hazard[whole_score(model, undamaged) - SCORE_LOW];
    double troubled = 1 - real_exp(-PAST_DAMAGE * hazard * (months + 1 / CHARGE_OFF_ENDS));

    if (random_uniform(block.word[3]) < troubled) {
        bool off = random_uniform(past.word[1]) >= 0.40;
        suffer(model, undamaged, off ? STAGE_CHARGED_OFF : STAGE_30, &state);
        if (off && random_uniform(past.word[2]) < 1 / (1 + CHARGE_OFF_ENDS * months))
            state.stage = STAGE_CHARGED_OFF;
        else
            state.damage *= random_uniform(past.word[0]);
    }
    state.score = whole_score(model, undamaged - state.damage);
    *ret_state = state;
}

static enum credit_stage next_stage(const struct credit_model *model,
                                    const struct credit_state *state, double stress, double uniform)
{
    if (state->stage == STAGE_CURRENT)
        return uniform < model->hazard[state->score - SCORE_LOW] * stress ? STAGE_30
                                                                          : STAGE_CURRENT;
    const struct roll *roll = rolls[state->stage];
    while (uniform >= roll->below)
        roll++;
    return roll->next;
}

/* One block drives a month: two normals for the state, one for the utilization, one uniform. */
static struct random_block month_block(uint64_t seed, uint64_t customer, int month)
{
    return random_at(seed, RANDOM_CREDIT_MONTH, customer, (uint32_t)month, 0);
}

struct credit_month credit_month_of(uint64_t seed, uint64_t customer, int month)
{
    struct random_block block = month_block(seed, customer, month);

    return (struct credit_month){random_normal(block.word[1]), random_normal(block.word[2])};
}

struct credit_month credit_state_step(const struct credit_model *model, uint64_t seed,
                                      uint64_t customer, int month, double stress,
                                      struct credit_state *state)
{
    struct random_block block = month_block(seed, customer, month);
    struct credit_month out = {random_normal(block.word[1]), random_normal(block.word[2])};
    enum credit_stage before = (enum credit_stage)state->stage;
    enum credit_stage now = next_stage(model, state, stress, random_uniform(block.word[3]));

    state->quality = PERSISTENCE * state->quality + INNOVATION * random_normal(block.word[0]);
    if (now > before) {
        suffer(model, credit_latent(state, &out) + state->damage, now, state);
    } else if (now == STAGE_CURRENT && state->damage > 0) {
        double damage = state->damage - state->recovery;
        state->damage = damage > 0 ? damage : 0;
    }
    state->stage = (uint8_t)now;
    state->score = whole_score(model, credit_latent(state, &out));
    return out;
}

struct credit_view credit_state_view(const struct credit_model *model,
                                     const struct credit_month *month,
                                     const struct credit_state *state)
{
    static const enum payment_state shown[] = {
        [STAGE_CURRENT] = PAY_CURRENT,
        [STAGE_30] = PAY_30,
        [STAGE_60] = PAY_60,
        [STAGE_90] = PAY_90,
        [STAGE_120] = PAY_90,
        [STAGE_150] = PAY_90,
        [STAGE_CHARGED_OFF] = PAY_CHARGED_OFF,
    };
    double latent = model->utilization[state->score - SCORE_LOW] +
                    UTILIZATION_SD * (UTILIZATION_PERSON * state->trait -
                                      UTILIZATION_TRANSIENT * month->transient +
                                      UTILIZATION_NOISE * month->utilization_noise);

    return (struct credit_view){
        .score = state->score,
        .state = shown[state->stage],
        .utilization = (int)real_round(10000 * real_clip(real_normal_cdf(latent), 0, 1)),
    };
}
