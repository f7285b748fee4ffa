#include "train/schedule.h"

#include <math.h>
#include <string.h>

ll_status ll_schedule_named(const char *name, ll_schedule_kind *out, ll_error *err) {
    static const char *const names[] = { "cosine", "wsd", "constant" };
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (ll_schedule_kind)i;
            return LL_OK;
        }
    return LL_FAIL(err, LL_EINPUT, "train.schedule is '%.40s', expected one of: " LL_SCHEDULE_NAMES, name);
}

double ll_schedule_at(const ll_schedule *s, int64_t step) {
    if (step < s->warmup) return (double)(step + 1) / (double)s->warmup;
    if (s->kind == LL_SCHEDULE_COSINE) {
        double done = (double)(step - s->warmup) / (double)(s->steps - s->warmup);
        return s->end + (1 - s->end) * 0.5 * (1 + cos(3.14159265358979323846 * done));
    }
    int64_t into = step - (s->steps - s->cooldown);
    if (s->kind == LL_SCHEDULE_WSD && into > 0) return 1 - sqrt((double)into / (double)s->cooldown);
    return 1;
}
