#define _GNU_SOURCE
#include "sweep/slurm/slurm_ask.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_S = 90 };

static bool is_passing(const char *complaint) {
    static const char *const words[] = { "Unable to contact",
                                         "timed out",
                                         "Connection refused",
                                         "Connection reset",
                                         "temporarily",
                                         "Transport endpoint",
                                         "Zero Bytes were transmitted",
                                         "Unexpected message",
                                         "backup controller",
                                         "try again",
                                         "Communication connection failure",
                                         "authentication error", /* munged is being started again */
                                         "Munge encode failed" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(complaint, words[i])) return true;
    return false;
}

static ll_status refusal(const ll_program *p, const char *name, ll_error *err) {
    const char *words = p->complaint && *p->complaint ? p->complaint
                        : p->out && *p->out           ? p->out
                                                      : "no reason given";
    if (p->code == LL_PROGRAM_ABSENT)
        return LL_FAIL(err, LL_EINPUT, "engine.kind: slurm: there is no %s here, expected Slurm's programs", name);
    if (p->code == LL_PROGRAM_KILLED) return LL_FAIL(err, LL_ESTATE, "%s was killed", name);
    return LL_FAIL(err, is_passing(words) ? LL_ESTATE : LL_EINPUT, "%.*s", (int)strcspn(words, "\n"), words);
}

ll_status ll_slurm_ask(ll_program *p, const char *const argv[], ll_error *err) {
    ll_error why;
    ll_status status = ll_program_run(p, argv, "", 0, LIMIT_S, &why);
    if (status == LL_OK && p->code == 0) return LL_OK;
    if (status == LL_OK) {
        status = refusal(p, argv[0], &why);
        ll_program_clear(p);
    } else if (status == LL_EIO) status = LL_ESTATE; /* it hung or could not be started now */
    return LL_FAIL(err, status, "%s", why.msg);
}
