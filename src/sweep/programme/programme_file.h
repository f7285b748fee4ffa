/* A programme, loglog.programme/1: experiments, each a question, the runs that answer it, what is fitted to them, what
 * was published and a figure. Nothing here knows a paper: a paper's programme is a file.
 *
 *     ll_programme *p;
 *     LL_TRY(ll_programme_read(&p, "kaplan2020.yaml", err));
 *     p->experiment[0].question, p->arm[p->experiment[0].arm[0]].name
 *     ll_spec spec;
 *     LL_TRY(ll_programme_spec(p, &p->arm[0], &spec, err));            defaults, the programme's spec, the arm's
 *     ll_programme_free(p);
 *
 * An arm is a run spec, and so a ladder. Experiments that share one name it: it is trained once. Rows of all arms of an
 * experiment make its tables, which have a column arm: runs (one row each, with what the experiment's probes
 * measured as columns such as arithmetic.exact), curves (one row a point) and, by the name of a probe, its metrics.
 * One with a constitution (sweep/constitution) has a table of that name as well, a row for each run and stage. An
 * arm may try a theory (train/theory/theory.h) in place of a ladder: it has the same tables, and one of exponents,
 * a row a seed. A quantity is what 'loglog fit' says of such a table, and what a paper says. Sizes and the ratios
 * of tokens are the file's; --minutes sets one factor for the tokens of each arm (scale.h).
 */
#ifndef LL_SWEEP_PROGRAMME_PROGRAMME_FILE_H
#define LL_SWEEP_PROGRAMME_PROGRAMME_FILE_H

#include "base/document/form.h"
#include "sweep/constitution/constitution.h"
#include "sweep/design/spec.h"
#include "train/theory/theory.h"

#define LL_PROGRAMME_SCHEMA "loglog.programme/1"

enum { LL_PROGRAMME_MOST = 32, LL_PROGRAMME_PROBES = 6 };

typedef struct ll_programme_arm {
    char name[LL_OPTION_NAME];
    char input[LL_OPTION_NAME];    /* which text: that of --text, or by name of --input */
    double share;                  /* of the time, beside the other arms' */
    const ll_yaml_node *overrides; /* over the programme's spec; NULL: none */
    ll_theory theory;              /* what is tried in place of a ladder; kind "": nothing */
} ll_programme_arm;

typedef struct ll_programme_quantity {
    char name[LL_OPTION_NAME];
    char meaning[LL_OPTION_TEXT];
    char table[LL_OPTION_NAME];     /* runs, curves, exponents or a probe */
    char fit[LL_OPTION_TEXT];       /* flags of 'loglog fit', as on a command line; "": a moment of a column */
    char take[LL_OPTION_TEXT];      /* of its document: params.alpha, derived.a; of a column: mean.loss, sd.loss */
    char where[LL_OPTION_TEXT];     /* of a column: which rows */
    char published[LL_OPTION_TEXT]; /* ID.CONSTANT of 'loglog paper'; "": nothing was */
    char value[LL_OPTION_NAME];     /* what was published, a number, where no id has it; "": nothing */
    char source[LL_OPTION_TEXT];    /* where that was */
} ll_programme_quantity;

typedef struct ll_programme_panel {
    char title[LL_OPTION_TEXT];
    char table[LL_OPTION_NAME];
    char x[LL_OPTION_NAME], y[LL_OPTION_NAME], se[LL_OPTION_NAME]; /* columns of it */
    char x_label[LL_OPTION_TEXT], y_label[LL_OPTION_TEXT];
    char by[LL_OPTION_NAME];     /* a column whose values are the series; "": one series */
    char behind[LL_OPTION_NAME]; /* another table whose runs lie behind in grey; "": none */
    char law[LL_OPTION_NAME];    /* a quantity whose law is drawn; "": none */
    char where[LL_OPTION_TEXT];  /* rows, such as 'arm = main' */
    bool lines, log_x, log_y;
} ll_programme_panel;

/* What its probes are told (probe/probes.h). */
typedef struct ll_programme_probe {
    int64_t items, shots, samples, seed, windows;
    double temperature;
    char data[LL_OPTION_TEXT]; /* a path, or @NAME: what --input gives by that name */
} ll_programme_probe;

typedef struct ll_programme_experiment {
    char name[LL_OPTION_NAME];
    char question[LL_OPTION_TEXT];
    char forbids[LL_OPTION_TEXT]; /* what the scale of the runs forbids to conclude */
    char probes[LL_OPTION_TEXT];  /* names, separated by blanks */
    ll_programme_probe probe;
    ll_constitution *constitution; /* its loop is run on every ladder; NULL: there is none; owned */
    ll_list labels; /* of the loop: once with each as the labels of its learned judges; none: as it says */
    bool flip;      /* of the loop: once more with the judges' sign turned */
    char figure_title[LL_OPTION_TEXT], figure_of[LL_OPTION_TEXT];
    int arm[LL_PROGRAMME_MOST], n_arms;
    ll_programme_quantity *quantity; /* [n_quantities] */
    ll_programme_panel *panel;       /* [n_panels] */
    int n_quantities, n_panels;
} ll_programme_experiment;

typedef struct ll_programme {
    char schema[LL_OPTION_NAME], name[LL_OPTION_NAME];
    char title[LL_OPTION_TEXT], paper[LL_OPTION_TEXT], about[LL_OPTION_TEXT];
    ll_list params, tokens, flops; /* the paper's own scale: lowest and highest; none: not said */
    char *where;                   /* the file */
    const ll_yaml_node *common;    /* the spec of every arm; NULL: none */
    ll_programme_arm arm[LL_PROGRAMME_MOST];
    ll_programme_experiment experiment[LL_PROGRAMME_MOST];
    int n_arms, n_experiments;
    char hash[LL_HASH_HEX]; /* of the file's bytes */
    ll_yaml *doc;
} ll_programme;

extern const ll_option_form ll_programme_form[]; /* ends with a NULL at */

/* Unknown keys, names that nothing bears and specs that are none name file and line. */
ll_status ll_programme_parse(ll_programme **out, const char *text, size_t size, const char *where, ll_error *err);
ll_status ll_programme_read(ll_programme **out, const char *path, ll_error *err);
void ll_programme_free(ll_programme *p); /* NULL is fine */

/* The arm's spec, neither scaled nor bound to a text: data.text is still what the file says. */
ll_status ll_programme_spec(const ll_programme *p, const ll_programme_arm *arm, ll_spec *spec, ll_error *err);

/* Whether an arm of the experiment tries a theory: then it has a table of exponents. */
bool ll_programme_tries_theory(const ll_programme *p, const ll_programme_experiment *e);

/* -1 when there is none of that name. */
int ll_programme_find(const ll_programme *p, const char *experiment);

/* The programmes that came with the program: their texts. */
typedef struct ll_programme_built_in {
    const char *name, *text;
} ll_programme_built_in;
extern const ll_programme_built_in ll_programmes_built_in[]; /* ends with a NULL name; made by cmake */

#endif
