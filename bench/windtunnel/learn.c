/* Learns the numbers of ll_prior_default over the public tables.
 *
 *     cmake --build build --target learn && build/bench/learn bench/windtunnel/tables.txt [NUMBER|all|small [LEFT_OUT]]
 *
 * One number after another is tried at the values listed below, the others as they stand. Every source of tables has
 * one vote on each: the mean of the values tried, weighed by how likely each makes the source's outcomes (the log
 * scores of its tables, cut at 3, 10, 30 and 100 times, summed). What is chosen is the mean of the votes: where the
 * sources do not tell it stays in the middle, and one source moves it by its share and no more, where the best of a
 * flat optimum would jump from one side to the other. Then each source is left out in turn, and forecast by what the
 * others' votes choose. With the name of a number that one alone is tried, with small the three that matter below the
 * public tables alone. Nothing is random.
 *
 * Into the file left_out, where it is named, goes each table as the numbers chosen without its source forecast it:
 * name|factor|median error|50 % covers|90 % covers|interval score|log score|judged. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/solve/columns.h"
#include "forecast/trial/backtest.h"
#include "loglog/table.h"

enum { MAX_TABLES = 32, MAX_SOURCES = 8, MAX_TRIED = 128, VALUES = 5, CUTS = 4 };
static const double cuts[CUTS] = { 3, 10, 30, 100 };

static const struct knob {
    const char *name;
    size_t at;
    double value[VALUES]; /* NaN ends them */
    bool small;           /* of ladders below every public table; learned over those of bench/small */
} knobs[] = {
    { "excess_growth", offsetof(ll_prior, excess_growth), { 8, 15, 25, 40, NAN } },
    { "excess_noise", offsetof(ll_prior, excess_noise), { 0, 5, 10, NAN } },
    { "in_cluster", offsetof(ll_prior, in_cluster), { 0.25, 0.5, 0.9, NAN } },
    { "mixing", offsetof(ll_prior, mixing), { -1, 0, 0.5, NAN } },
    { "mixing_sd", offsetof(ll_prior, mixing_sd), { 0.3, 0.5, 0.8, NAN } },
    { "discrepancy", offsetof(ll_prior, discrepancy), { 0.006, 0.01, 0.018, NAN } },
    { "noise_growth", offsetof(ll_prior, noise_growth), { 0.25, 0.35, 0.5, NAN } },
    { "length", offsetof(ll_prior, length), { 1.8, 2.5, 3.5, NAN } },
    { "length_ratio", offsetof(ll_prior, length_ratio), { 0.5, 0.7, 1, NAN } },
    { "drift", offsetof(ll_prior, drift), { 0.003, 0.005, 0.008, 0.012, NAN } },
    { "floor_growth", offsetof(ll_prior, floor_growth), { 0, 0.04, 0.08, 0.12, NAN }, true },
    { "drift_growth", offsetof(ll_prior, drift_growth), { 0.2, 0.3, 0.4, 0.5, NAN }, true },
    { "bend", offsetof(ll_prior, bend), { 0, 0.003, 0.0045, 0.006, 0.008 }, true },
};
enum { N_KNOBS = sizeof knobs / sizeof *knobs };

typedef struct run_table {
    char line[512], *field[6]; /* name source file where columns cluster */
    ll_table table;
    ll_columns columns;
    ll_fit_data data;
    int source;
} run_table;

static run_table tables[MAX_TABLES];
static int n_tables, n_sources;
static const char *source_name[MAX_SOURCES];

/* Numbers, and what they are worth. */
struct trial {
    ll_prior prior;
    int number;                             /* the one that is not as it stood; -1: none */
    double score[MAX_SOURCES];              /* mean log score by source */
    double covered, judged;                 /* runs inside their 90 % interval, and all */
    ll_backtest_score at[MAX_TABLES][CUTS]; /* n_test 0: none */
};
static struct trial tried[MAX_TRIED];
static int n_tried;
static double forecasts[MAX_SOURCES]; /* tables and cuts of a source */

static double *knob(ll_prior *p, int k) {
    return (double *)((char *)p + knobs[k].at);
}

static int source_of(const char *name) {
    int k = 0;
    while (k < n_sources && strcmp(source_name[k], name) != 0) k++;
    if (k == n_sources) source_name[n_sources++] = name;
    return k;
}

static int load(run_table *t, const char *folder) {
    char path[1024];
    ll_error err = { 0 };
    char *at = t->line;
    t->line[strcspn(t->line, "\n")] = 0;
    for (int k = 0; k < 6; k++) {
        t->field[k] = at;
        if ((at = strchr(at, '|'))) *at++ = 0;
        else if (k < 5) return fprintf(stderr, "'%s' has fewer than 6 fields\n", t->line), 0;
    }
    ll_table_opts o = { .where = t->field[3], .columns = t->field[4], .cluster = t->field[5] };
    snprintf(path, sizeof path, "%s/runs/%s", folder, t->field[2]);
    if (ll_table_read(&t->table, path, &o, &err) != LL_OK ||
        ll_columns_new(&t->columns, &t->table, path, 7, &err) != LL_OK)
        return fprintf(stderr, "%s\n", err.msg), 0;
    const ll_columns *c = &t->columns;
    t->data = (ll_fit_data) {
        .n = c->n, .x = { c->v[LL_VAR_N], c->v[LL_VAR_D], c->v[LL_VAR_C] }, .loss = c->loss, .cluster = c->cluster
    };
    t->source = source_of(t->field[1]);
    return 1;
}

/* Over the tables of one source; all: -1. */
static void judge(struct trial *t, const ll_prior *p, int number, int source) {
    double count[MAX_SOURCES] = { 0 };
    *t = (struct trial) { .prior = *p, .number = number };
    for (int i = 0; i < n_tables; i++)
        for (int k = 0; k < CUTS; k++) {
            ll_backtest_score s;
            ll_backtest_opts o = { .prior = p };
            if ((source >= 0 && tables[i].source != source) ||
                ll_backtest_run(&s, LL_BACKTEST_LOGLOG, ll_law_find("chinchilla"), &tables[i].data, cuts[k], &o,
                                NULL) != LL_OK)
                continue;
            t->at[i][k] = s;
            t->score[tables[i].source] += s.log_score;
            t->covered += s.coverage[LL_BACKTEST_90] * (double)s.n_test;
            t->judged += (double)s.n_test;
            count[tables[i].source]++;
        }
    for (int s = 0; s < n_sources; s++)
        if (count[s] > 0) t->score[s] /= forecasts[s] = count[s];
}

static double mean_score(const struct trial *t) {
    double sum = 0;
    for (int s = 0; s < n_sources; s++) sum += t->score[s];
    return sum / n_sources;
}

static void show(const ll_prior *p) {
    for (int k = 0; k < N_KNOBS; k++) printf(" %s %g", knobs[k].name, *knob((ll_prior *)p, k));
    puts("");
}

static void show_score(const struct trial *t) {
    printf(" %.4f, 90 %% covers %.3f of %g:", mean_score(t), t->covered / t->judged, t->judged);
}

static bool asked_for(int k, const char *only) {
    if (!only) return !knobs[k].small;
    return strcmp(only, "small") == 0 ? knobs[k].small : strcmp(only, knobs[k].name) == 0;
}

static void search(const char *only) {
    judge(&tried[n_tried++], &ll_prior_default, -1, -1);
    printf("start");
    show_score(&tried[0]);
    show(&ll_prior_default);
    for (int k = 0; k < N_KNOBS; k++)
        for (int v = 0; asked_for(k, only) && v < VALUES && !isnan(knobs[k].value[v]); v++) {
            ll_prior p = ll_prior_default;
            if (*knob(&p, k) == knobs[k].value[v]) continue;
            *knob(&p, k) = knobs[k].value[v];
            judge(&tried[n_tried++], &p, k, -1);
            show_score(&tried[n_tried - 1]);
            printf(" %s %g\n", knobs[k].name, knobs[k].value[v]);
            fflush(stdout);
        }
}

static double vote(int k, int source) {
    double sum = 0, votes = 0;
    for (int i = 0; i < n_tried; i++) {
        if (tried[i].number != k && tried[i].number != -1) continue;
        const double weight = exp(-forecasts[source] * (tried[i].score[source] - tried[0].score[source]));
        votes += weight * *knob(&tried[i].prior, k);
        sum += weight;
    }
    return votes / sum;
}

/* By the votes of all sources but one; none left out: -1. */
static ll_prior choose(const char *only, int left_out) {
    ll_prior p = ll_prior_default;
    for (int k = 0; k < N_KNOBS; k++) {
        double sum = 0;
        for (int s = 0; s < n_sources && asked_for(k, only); s++) sum += s == left_out ? 0 : vote(k, s);
        if (asked_for(k, only)) *knob(&p, k) = sum / (n_sources - (left_out >= 0));
    }
    return p;
}

static void show_votes(const char *only) {
    for (int k = 0; k < N_KNOBS; k++) {
        if (!asked_for(k, only)) continue;
        printf("votes on %s:", knobs[k].name);
        for (int s = 0; s < n_sources; s++) printf(" %s %.3g", source_name[s], vote(k, s));
        puts("");
    }
}

static void write_table(FILE *f, const struct trial *t, int i) {
    for (int k = 0; k < CUTS; k++) {
        const ll_backtest_score *s = &t->at[i][k];
        if (s->n_test > 0)
            fprintf(f, "%s|%g|%.5f|%.3f|%.3f|%.4f|%.3f|%lld\n", tables[i].field[0], cuts[k], s->median_abs_rel_err,
                    s->coverage[LL_BACKTEST_50], s->coverage[LL_BACKTEST_90], s->interval_score, s->log_score,
                    (long long)s->n_test);
    }
}

/* What is chosen, and each source by what is chosen without it. */
static void conclude(const char *only, FILE *left_out) {
    static struct trial chosen, other;
    ll_prior p = choose(only, -1);
    judge(&chosen, &p, -1, -1);
    printf("\nchosen");
    show_score(&chosen);
    show(&p);
    for (int s = 0; s < n_sources; s++) {
        p = choose(only, s);
        judge(&other, &p, -1, s);
        printf("%s: %.4f with the numbers chosen, %.4f learned without it, %.4f at the start:", source_name[s],
               chosen.score[s], other.score[s], tried[0].score[s]);
        show(&p);
        for (int i = 0; left_out && i < n_tables; i++)
            if (tables[i].source == s) write_table(left_out, &other, i);
    }
}

int main(int argc, char **argv) {
    const char *folder = getenv("LOGLOG_DATA");
    FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (!f) return fprintf(stderr, "usage: learn tables.txt [number|all|small [left_out]]\n"), 2;
    while (n_tables < MAX_TABLES && fgets(tables[n_tables].line, sizeof tables[0].line, f)) {
        run_table *t = &tables[n_tables];
        if (*t->line == '#' || strstr(t->line, "|none|")) continue;
        if (!load(t, folder ? folder : "../shared/data")) return 1;
        n_tables++;
    }
    fclose(f);
    const char *only = argc > 2 && strcmp(argv[2], "all") != 0 ? argv[2] : NULL;
    if (argc > 3 && !(f = fopen(argv[3], "w"))) return perror(argv[3]), 1;
    search(only);
    show_votes(only);
    conclude(only, argc > 3 ? f : NULL);
    if (argc > 3) fclose(f);
    for (int i = 0; i < n_tables; i++) {
        ll_columns_free(&tables[i].columns);
        ll_table_clear(&tables[i].table);
    }
    return 0;
}
