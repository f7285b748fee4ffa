#include "train/schedule.h"

#include <math.h>
#include <string.h>

/* How much of the way from the warmup to the end is done; in [0, 1). */
static double done(const ll_schedule *s, int64_t step) {
    return (double)(step - s->warmup) / (double)(s->steps - s->warmup);
}

static double cosine(const ll_schedule *s, int64_t step) {
    return s->end + (1 - s->end) * 0.5 * (1 + cos(3.14159265358979323846 * done(s, step)));
}

static double wsd(const ll_schedule *s, int64_t step) {
    const int64_t into = step - (s->steps - s->cooldown);
    return into > 0 ? 1 - sqrt((double)into / (double)s->cooldown) : 1;
}

static double constant(const ll_schedule *s, int64_t step) {
    (void)s, (void)step;
    return 1;
}

static double linear(const ll_schedule *s, int64_t step) {
    return s->end + (1 - s->end) * (1 - done(s, step));
}

/* After the warmup, in the order of the kinds. */
static const struct {
    const char *name;
    double (*at)(const ll_schedule *s, int64_t step);
} shapes[LL_SCHEDULE_COUNT] = {
    { "cosine", cosine }, { "wsd", wsd }, { "constant", constant }, { "linear", linear }
};

ll_status ll_schedule_named(const char *name, ll_schedule_kind *out, ll_error *err) {
    for (int i = 0; i < LL_SCHEDULE_COUNT; i++)
        if (strcmp(name, shapes[i].name) == 0) return *out = (ll_schedule_kind)i, LL_OK;
    return LL_FAIL(err, LL_EINPUT, "train.schedule is '%.40s', expected one of: " LL_SCHEDULE_NAMES, name);
}

double ll_schedule_at(const ll_schedule *s, int64_t step) {
    return step < s->warmup ? (double)(step + 1) / (double)s->warmup : shapes[s->kind].at(s, step);
}
