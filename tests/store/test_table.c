#define _POSIX_C_SOURCE 200809L
#include "store/table_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- what is read ---- */

static void quotes_and_breaks(void **state) {
    (void)state;
    ll_table t;
    assert_ok(read_text(&t, "a.csv",
                        "\xef\xbb\xbf"
                        "run,note,loss , tokens\r\n"
                        "\"a,b\",\"two\nlines\",2.5, 1e9 \r\n"
                        "\r\n"
                        "\"say \"\"hi\"\"\",,NA,70B\r\n"
                        "5\" disk,\"\",nan,\n"
                        "last,x,-0.0,1e-300",
                        NULL, err));
    assert_int_equal(t.rows, 4);
    assert_string_equal(t.text[LL_COL_RUN][0], "a,b");
    assert_string_equal(t.text[LL_COL_RUN][1], "say \"hi\"");
    assert_string_equal(t.text[LL_COL_RUN][2], "5\" disk");
    assert_true(t.num[LL_COL_LOSS][0] == 2.5 && isnan(t.num[LL_COL_LOSS][1]) && isnan(t.num[LL_COL_LOSS][2]));
    assert_true(t.num[LL_COL_LOSS][3] == 0 && signbit(t.num[LL_COL_LOSS][3]));
    assert_true(t.num[LL_COL_TOKENS][0] == 1e9 && t.num[LL_COL_TOKENS][1] == 70e9);
    assert_true(isnan(t.num[LL_COL_TOKENS][2]) && t.num[LL_COL_TOKENS][3] == 1e-300);
    assert_null(t.num[LL_COL_PARAMS]);
    assert_true(isnan(ll_table_num(&t, 0, LL_COL_PARAMS)));
    const int64_t lines[] = { 2, 5, 6, 7 };
    assert_memory_equal(t.line, lines, sizeof lines);
    ll_table_clear(&t);
}

static void aliases(void **state) {
    (void)state;
    static const struct {
        const char *header;
        ll_column column;
    } known[] = { { "N", LL_COL_PARAMS },
                  { "N_params", LL_COL_PARAMS },
                  { "Model Size", LL_COL_PARAMS },
                  { "D", LL_COL_TOKENS },
                  { "parameter_count", LL_COL_PARAMS },
                  { "D_tokens", LL_COL_TOKENS },
                  { "C", LL_COL_FLOPS },
                  { "C_flop", LL_COL_FLOPS },
                  { "throughput/total_tokens", LL_COL_TOKENS },
                  { "FLOPs", LL_COL_FLOPS },
                  { "Training FLOP", LL_COL_FLOPS },
                  { "L", LL_COL_LOSS },
                  { "loss_nats", LL_COL_LOSS },
                  { "val_bpb", LL_COL_LOSS },
                  { "learning_rate", LL_COL_LR },
                  { "params", LL_COL_PARAMS },
                  { "params_total", LL_COL_PARAMS_TOTAL } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ll_table t;
        char text[64];
        snprintf(text, sizeof text, "%s,x\n7,\n", known[i].header);
        assert_ok(read_text(&t, "a.csv", text, NULL, err));
        for (int c = LL_COL_FIRST_NUMBER; c < LL_COL_COUNT; c++)
            if ((t.num[c] != NULL) != (c == (int)known[i].column)) fail_msg("%s: column %d", known[i].header, c);
        assert_true(t.num[known[i].column][0] == 7);
        assert_string_equal(t.header[known[i].column], known[i].header);
        ll_table_clear(&t);
    }
    static const char *const strangers[] = { "n", "d", "c", "l", "Model Size (B)", "FLOPs (1E21)", "train_loss" };
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        ll_table t;
        char text[64];
        snprintf(text, sizeof text, "%s,x\n7,\n", strangers[i]);
        assert_ok(read_text(&t, "a.csv", text, NULL, err));
        for (int c = LL_COL_FIRST_NUMBER; c < LL_COL_COUNT; c++) assert_null(t.num[c]);
        ll_table_clear(&t);
    }
}

static void conventions(void **state) {
    (void)state;
    static const struct {
        const char *header, *are;
        ll_params_are want;
    } cases[] = { { "params", NULL, LL_PARAMS_NONEMBEDDING },
                  { "N", NULL, LL_PARAMS_UNSTATED },
                  { "Params", NULL, LL_PARAMS_UNSTATED },
                  { "N", "total", LL_PARAMS_TOTAL },
                  { "N", "nonembedding", LL_PARAMS_NONEMBEDDING } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_table t;
        char text[64];
        snprintf(text, sizeof text, "%s,tokens\n5,6\n", cases[i].header);
        assert_ok(read_text(&t, "a.csv", text, &(ll_table_opts) { .params_are = cases[i].are }, err));
        assert_int_equal(t.params_are, cases[i].want);
        assert_true(t.num[LL_COL_PARAMS][0] == 5);
        ll_table_clear(&t);
    }
    refused("a.csv", "params\n5\n", &(ll_table_opts) { .params_are = "total" }, LL_EINPUT,
            "non-embedding|params_total");
    refused("a.csv", "N\n5\n", &(ll_table_opts) { .params_are = "all" }, LL_EINPUT,
            "params-are|total or nonembedding");
    ll_table t;
    assert_ok(
        read_text(&t, "a.csv", "params,loss\n5,1\n", &(ll_table_opts) { .columns = "params_total=params" }, err));
    assert_null(t.num[LL_COL_PARAMS]);
    assert_true(t.num[LL_COL_PARAMS_TOTAL][0] == 5);
    ll_table_clear(&t);
}

static void units(void **state) {
    (void)state;
    static const struct {
        const char *header, *columns, *unit;
        ll_loss_unit want;
    } cases[] = { { "loss", NULL, NULL, LL_LOSS_NATS },
                  { "loss_nats", NULL, NULL, LL_LOSS_NATS },
                  { "val_bpb", NULL, NULL, LL_LOSS_BITS_PER_BYTE },
                  { "Bits per byte", NULL, NULL, LL_LOSS_BITS_PER_BYTE },
                  { "bits_per_token", NULL, NULL, LL_LOSS_BITS_PER_TOKEN },
                  { "c4_bpb", "loss=c4_bpb", NULL, LL_LOSS_BITS_PER_BYTE },
                  { "loss", NULL, "bits_per_byte", LL_LOSS_BITS_PER_BYTE },
                  { "accuracy", "loss=accuracy", NULL, LL_LOSS_UNSTATED },
                  { "accuracy", "loss=accuracy", "nats", LL_LOSS_NATS },
                  { "C4 loss", "loss=C4 loss", NULL, LL_LOSS_NATS } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_table t;
        char text[64];
        snprintf(text, sizeof text, "%s,x\n1.5,\n", cases[i].header);
        ll_table_opts o = { .columns = cases[i].columns, .loss_unit = cases[i].unit };
        assert_ok(read_text(&t, "a.csv", text, &o, err));
        assert_int_equal(t.loss_unit, cases[i].want);
        assert_true(t.num[LL_COL_LOSS][0] == 1.5);
        ll_table_clear(&t);
    }
    refused("a.csv", "val_bpb\n1\n", &(ll_table_opts) { .loss_unit = "nats" }, LL_EINPUT, "val_bpb|bits_per_byte");
    refused("a.csv", "loss\n1\n", &(ll_table_opts) { .loss_unit = "bits" }, LL_EINPUT, "loss-unit|expected nats");
}

/* A count is in the unit that its header ends in, or that is given by hand; what has a suffix of its own is not. */
static void units_of_counts(void **state) {
    (void)state;
    static const struct {
        const char *header, *columns;
        double N, D, C; /* of the first row; params of the second are 7e9 in all */
    } cases[] = {
        { "Model Size (B),Data (T),FLOPs (1E21)", "params=Model Size (B),tokens=Data (T),flops=FLOPs (1E21)", 7e9,
          2e12, 3e21 },
        { "Size (M),Data (K),FLOPs", "params=Size (M),tokens=Data (K)", 7e6, 2e3, 3 },
        { "Size,Data,FLOPs", "params=1e9*Size,tokens=1T*Data", 7e9, 2e12, 3 },
        { "Size (2023),1e9*Data,FLOPs (exact)", "params=Size (2023),tokens=1e9*Data,flops=FLOPs (exact)", 7, 2, 3 },
        { "Size (B),Data,FLOPs", "params=1e6*Size (B),tokens=Data", 7e6, 2, 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_table t;
        char text[128];
        snprintf(text, sizeof text, "%s,loss\n7,2,3,1.75\n7B,2,3,1.5\n", cases[i].header);
        assert_ok(read_text(&t, "a.csv", text, &(ll_table_opts) { .columns = cases[i].columns }, err));
        assert_true(fabs(t.num[LL_COL_PARAMS][0] / cases[i].N - 1) < 1e-12);
        assert_true(fabs(t.num[LL_COL_TOKENS][0] / cases[i].D - 1) < 1e-12);
        assert_true(fabs(t.num[LL_COL_FLOPS][0] / cases[i].C - 1) < 1e-12);
        assert_true(t.num[LL_COL_PARAMS][1] == 7e9);
        ll_table_clear(&t);
    }
    ll_table signs; /* T is a sign there: numbers that are large themselves are counts */
    assert_ok(read_text(&signs, "a.csv", "N,Tokens (T),loss\n1e6,2e7,3\n1e6,4e7,2.9\n",
                        &(ll_table_opts) { .columns = "params=N,tokens=Tokens (T)" }, err));
    assert_true(signs.num[LL_COL_TOKENS][0] == 2e7 && signs.num[LL_COL_TOKENS][1] == 4e7);
    ll_table_clear(&signs);
    /* a filter by the column's canonical name or letter sees what it stands for, by its header what is written */
    static const struct {
        const char *where;
        int rows;
    } filters[] = { { "N < 1e9", 1 }, { "params >= 1e9", 2 }, { "'Size (B)' < 5", 2 }, { "N < 1e9 and L > 1", 1 } };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        ll_table t;
        const ll_table_opts o = { .columns = "params=Size (B)", .where = filters[i].where };
        assert_ok(read_text(&t, "a.csv", "Size (B),tokens,loss\n0.5,1e9,2\n2,1e9,1.8\n7B,1e9,1.7\n", &o, err));
        assert_int_equal(t.rows, filters[i].rows);
        ll_table_clear(&t);
    }
    refused("a.csv", "Size,loss\n1,1\n", &(ll_table_opts) { .columns = "params=1e9*Sise" }, LL_EINPUT,
            "no column 'Sise'|'Size'");
}

/* W&B's exports have the training loss under the bare name. */
static void held_out_loss_is_taken(void **state) {
    (void)state;
    static const struct {
        const char *headers, *columns, *want;
    } cases[] = { { "loss,val/loss", NULL, "val/loss" },
                  { "eval/loss,loss", NULL, "eval/loss" },
                  { "loss,val/loss,val_bpb", NULL, "val/loss" },
                  { "loss,train/loss", NULL, "loss" },
                  { "loss,val/loss", "loss=loss", "loss" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_table t;
        char text[64];
        snprintf(text, sizeof text, "%s\n1,2%s\n", cases[i].headers, strstr(cases[i].headers, "bpb") ? ",3" : "");
        assert_ok(read_text(&t, "a.csv", text, &(ll_table_opts) { .columns = cases[i].columns }, err));
        assert_string_equal(t.header[LL_COL_LOSS], cases[i].want);
        assert_true(t.num[LL_COL_LOSS][0] == (strncmp(cases[i].headers, cases[i].want, 4) == 0 ? 1 : 2));
        ll_table_clear(&t);
    }
    refused("a.csv", "loss,val/loss,eval/loss\n1,2,3\n", NULL, LL_EINPUT, "'val/loss'|--col loss=");
}

static void headers_refused(void **state) {
    (void)state;
    refused("a.csv", "loss,tokens,loss\n1,2,3\n", NULL, LL_EINPUT, "a.csv|'loss'|twice");
    refused("a.csv", "N,Model Size\n1,2\n", NULL, LL_EINPUT, "'N'|'Model Size'|--col params=");
    refused("a.csv", "", NULL, LL_EFORMAT, "a.csv|empty");
    refused("a.csv", "\n\r\n", NULL, LL_EFORMAT, "a.csv|empty");
    refused("a.csv", "loss\n1\n", &(ll_table_opts) { .columns = "tokens=D" }, LL_EINPUT, "'D'");
    refused("a.csv", "loss\n1\n", &(ll_table_opts) { .columns = "token=loss" }, LL_EINPUT, "'token'");
    refused("a.csv", "loss\n1\n", &(ll_table_opts) { .columns = "loss" }, LL_EINPUT, "CANONICAL=HEADER");
    refused("a.csv", "loss\n1\n", &(ll_table_opts) { .cluster = "run" }, LL_EINPUT, "cluster|'run'");
    ll_table t;
    assert_ok(
        read_text(&t, "a.csv", "N,Model Size\n1,2\n", &(ll_table_opts) { .columns = "params=Model Size" }, err));
    assert_true(t.num[LL_COL_PARAMS][0] == 2);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "a.csv", "N,step,,\n1,first,,\n", &(ll_table_opts) { .columns = "step=" }, err));
    assert_null(t.num[LL_COL_STEP]);
    ll_table_clear(&t);
    refused("a.csv", "N,step,,\n1,first,,\n", NULL, LL_EINPUT, "a.csv:2|'step'|'first'|expected a number");
}

/* ---- the filter ---- */

static int64_t rows_where(const char *where) {
    static const char text[] = "loss,kind,\"Training (FLOP)\",outlier\n"
                               "3,a,1e20,True\n"
                               "2,b b,2e20,False\n"
                               "1,a,,False\n"
                               ",a,4e20,\n";
    ll_table t;
    ll_error err = { 0 };
    if (read_text(&t, "w.csv", text, &(ll_table_opts) { .where = where }, &err) != LL_OK) fail_msg("%s", err.msg);
    assert_int_equal(t.rows + t.dropped, 4);
    int64_t n = t.rows;
    ll_table_clear(&t);
    return n;
}

/* The headers that are there, those first that may be meant; of words none for a number. */
static void headers_are_named(void **state) {
    (void)state;
    static const char text[] = "colour,n_layer,test/ce_loss,loss_kind,accuracy\nred,3,2.5,ce,0.5\n";
    char near[LL_HEADERS_TEXT];
    ll_table t;
    assert_ok(read_text(&t, "a.csv", text, NULL, err));
    assert_string_equal(ll_table_candidates(&t, LL_COL_LOSS, near), "'test/ce_loss', 'n_layer', 'accuracy'");
    ll_table_clear(&t);
    refused("a.csv", text, &(ll_table_opts) { .columns = "loss=acuracy" }, LL_EINPUT,
            "'acuracy', but 'accuracy', 'colour'");
    refused("a.csv", text, &(ll_table_opts) { .where = "layer > 3" }, LL_EINPUT,
            "'layer', but 'n_layer', 'colour'");
    refused("a.csv", "a,b,c,d,e,f,g,h,i,j\n1,2,3,4,5,6,7,8,9,0\n", &(ll_table_opts) { .cluster = "x" }, LL_EINPUT,
            "'g', 'h' and 2 more");
    /* as Porian's table: param_count holds the name of a rule */
    assert_ok(read_text(&t, "a.csv", "param_count,N_params,loss\nkaplan,5e6,3\nkaplan,6e6,2\n", NULL, err));
    assert_true(t.num[LL_COL_PARAMS][1] == 6e6);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "a.jsonl", "{\"param_count\":\"kaplan\",\"N_params\":5,\"loss\":3}\n", NULL, err));
    assert_true(t.num[LL_COL_PARAMS][0] == 5);
    ll_table_clear(&t);
    refused("a.csv", "param_count,N_params\n4,5e6\n", NULL, LL_EINPUT, "both 'param_count' and 'N_params'");
    refused("a.csv", "param_count,loss\nkaplan,3\n", NULL, LL_EINPUT, "a.csv:2: column 'param_count': 'kaplan'");
    assert_ok(read_text(&t, "a.csv", "Step,_step,Loss,val_loss\n1,2,3,4\n", NULL, err));
    assert_true(t.num[LL_COL_STEP][0] == 1 && t.num[LL_COL_LOSS][0] == 4);
    ll_table_clear(&t);
}

/* The unit stands at the end of a long name too; what no field holds is refused, not shortened. */
static void long_headers(void **state) {
    (void)state;
    char text[1024], columns[1024], prefix[256];
    ll_table t;
    memset(prefix, 'x', 200);
    prefix[200] = 0;
    snprintf(text, sizeof text, "%s/val_bpb,N\n0.5,3\n", prefix);
    snprintf(columns, sizeof columns, "loss=%s/val_bpb", prefix);
    assert_ok(read_text(&t, "a.csv", text, &(ll_table_opts) { .columns = columns }, err));
    assert_int_equal(t.loss_unit, LL_LOSS_BITS_PER_BYTE);
    assert_string_equal(t.header[LL_COL_LOSS], columns + strlen("loss="));
    ll_table_clear(&t);
    snprintf(text, sizeof text, "%s%s,N\n0.5,3\n", prefix, prefix);
    snprintf(columns, sizeof columns, "loss=%s%s", prefix, prefix);
    refused("a.csv", text, &(ll_table_opts) { .columns = columns }, LL_EINPUT,
            "has 400 bytes, expected at most 255");
}

/* One line a name: the time is that of reading them, not of their square. */
static void many_names(void **state) {
    (void)state;
    enum { NAMES = 65000 };
    char *text = malloc(NAMES * 40), *to = text;
    ll_table t;
    assert_non_null(text);
    for (int i = 0; i < NAMES; i++) to += sprintf(to, "{\"loss\": %d, \"k%d\": 1}\n", i, i);
    const clock_t from = clock(); /* of the processor: other programs do not count */
    assert_ok(read_text(&t, "a.jsonl", text, NULL, err));
    assert_true((double)(clock() - from) / CLOCKS_PER_SEC < 15); /* 45 s when each line went through all names */
    assert_true(t.rows == NAMES && t.num[LL_COL_LOSS][NAMES - 1] == NAMES - 1);
    ll_table_clear(&t);
    free(text);
}

/* A column of that name is a run's role only where it holds nothing but roles. */
static void roles(void **state) {
    (void)state;
    static const char good[] = "run,role,loss\na,fit,3\nb,forecast,2\nc,trunk,4\nd,scored,1\ne,,5\n";
    static const char *const words[] = { "fit", "forecast", "trunk", "scored", "" };
    ll_table t;
    assert_ok(read_text(&t, "a.csv", good, NULL, err));
    for (int i = 0; i < 5; i++) assert_string_equal(t.text[LL_COL_ROLE][i], words[i]);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "a.csv", "role,loss\nfit,3\nassistant,2\ntrunk,1\n", NULL, err));
    assert_int_equal(t.rows, 3);
    assert_null(t.text[LL_COL_ROLE]);
    assert_string_equal(t.header[LL_COL_ROLE], "");
    ll_table_clear(&t);
    assert_ok(read_text(&t, "a.jsonl", "{\"role\": \"user\", \"loss\": 1}\n", NULL, err));
    assert_null(t.text[LL_COL_ROLE]);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "a.csv", "kind,loss\ntrunk,3\n", &(ll_table_opts) { .columns = "role=kind" }, err));
    assert_string_equal(t.text[LL_COL_ROLE][0], "trunk");
    ll_table_clear(&t);
    refused("a.csv", "kind,loss\nfit,3\nuser,3\n", &(ll_table_opts) { .columns = "role=kind" }, LL_EINPUT,
            "a.csv:3|'user'|expected fit, forecast, trunk, scored or excluded");
    refused("a.csv", "loss\n3\n", &(ll_table_opts) { .set = "role=held" }, LL_EINPUT, "'held'|expected fit");
}

static void filter(void **state) {
    (void)state;
    assert_int_equal(rows_where(NULL), 4);
    assert_int_equal(rows_where("  "), 4);
    assert_int_equal(rows_where("kind = a"), 3);
    assert_int_equal(rows_where("kind != a"), 1);
    assert_int_equal(rows_where("kind='b b'"), 1);
    assert_int_equal(rows_where("kind = a and loss >= 1 AND loss<3"), 1);
    assert_int_equal(rows_where("'Training (FLOP)' > 1e20"), 2);
    assert_int_equal(rows_where("\"Training (FLOP)\" <= 200000P"), 2);
    assert_int_equal(rows_where("loss = 2.0"), 1);
    assert_int_equal(rows_where("loss = '2.0'"), 0); /* quoted: a text */
    assert_int_equal(rows_where("loss = ''"), 1);
    assert_int_equal(rows_where("loss != ''"), 3);
    assert_int_equal(rows_where("loss < 100"), 3); /* what is missing is in no order */
    assert_int_equal(rows_where("outlier = False"), 2);
    assert_int_equal(rows_where("flops > 0 and loss > 0"), 2); /* by the canonical name */
}

static void filter_refused(void **state) {
    (void)state;
    static const struct {
        const char *where, *words;
    } bad[] = { { "loss", "position 5|one of" },
                { "= 3", "position 1|name of a column" },
                { "loss =", "position 7|ends" },
                { "loss = 3 4", "position 10|'4'|'and'" },
                { "loss = 3 and", "position 10|'and'" },
                { "loss = 3 and ", "position 14|ends" },
                { "loss ~ 3", "position 6|one of" },
                { "loss == 3", "position 7|a value" },
                { "loss = 'x", "position 8|closing quote" },
                { "depth = 3", "'depth'" } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused("w.csv", "loss\n1\n", &(ll_table_opts) { .where = bad[i].where }, LL_EINPUT, bad[i].words);
}

static void clusters(void **state) {
    (void)state;
    ll_table t;
    assert_ok(read_text(&t, "a.csv", "g,loss\nx,1\ny,2\nx,3\n,4\nz,5\n",
                        &(ll_table_opts) { .cluster = "g", .where = "loss != 2" }, err));
    const int64_t want[] = { 0, 0, 1, 2 };
    assert_int_equal(t.rows, 4);
    assert_memory_equal(t.cluster, want, sizeof want);
    ll_table_clear(&t);
}

/* ---- JSON lines ---- */

static void clustered(const char *text, const ll_table_opts *o, int rows, const char *numbers) {
    ll_table t;
    char seen[16] = "";
    assert_ok(read_text(&t, "a.csv", text, o, err));
    assert_int_equal(t.rows, rows);
    for (int i = 0; t.cluster && i < rows; i++) seen[i] = (char)('0' + t.cluster[i]);
    assert_string_equal(seen, numbers);
    assert_int_equal(t.clustered_by_run, *numbers != 0);
    ll_table_clear(&t);
}

/* Rows of one run belong together unless something else is said. */
static void runs_are_clusters(void **state) {
    (void)state;
    static const char curves[] = "run,step,loss\na,1,4\na,2,3\n,1,5\nb,1,4\n,2,4\na,3,2\n";
    static const char models[] = "model,step,loss\na,1,4\na,2,3\nb,1,4\n";
    ll_table t;
    clustered(curves, NULL, 6, "001230");
    clustered(curves, &(ll_table_opts) { .cluster = "none" }, 6, "");
    clustered(curves, &(ll_table_opts) { .last = true }, 3, "");
    clustered("run,loss\na,1\nb,2\n,2\n,3\n", NULL, 4, ""); /* every row a run */
    clustered("run,loss\na,1\na,2\n", NULL, 2, "");         /* one run: nothing to resample */
    clustered("run,loss\na,1\nb,2\nb,3\n", &(ll_table_opts) { .where = "loss < 3" }, 2, "");
    clustered(models, NULL, 3, "");
    clustered(models, &(ll_table_opts) { .columns = "run=model" }, 3, "001");
    clustered("name,N,loss\nmup,1,4\nmup,2,3\nsp,1,4\nsp,2,3\n", NULL, 4, ""); /* names of a method */
    assert_ok(read_text(&t, "a.csv", curves, &(ll_table_opts) { .cluster = "step" }, err));
    assert_true(t.cluster && t.cluster[2] == 0 && !t.clustered_by_run);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "a.csv", "run,loss\na,1\na,2\n", NULL, err));
    assert_true(t.names_repeat);
    ll_table_clear(&t);
}

static void json_lines(void **state) {
    (void)state;
    ll_table t;
    assert_ok(read_text(&t, "a.jsonl",
                        "{\"N\": 5, \"loss\": 2.5, \"ok\": true}\r\n\n"
                        "  {\"loss\": null, \"run\": \"\\u00e9,\\n\", \"N\": \"7B\", \"deep\": {\"a\": [1]}}\n"
                        "{\"run\": 12}",
                        NULL, err));
    assert_int_equal(t.rows, 3);
    assert_true(t.num[LL_COL_PARAMS][0] == 5 && t.num[LL_COL_PARAMS][1] == 7e9 && isnan(t.num[LL_COL_PARAMS][2]));
    assert_true(t.num[LL_COL_LOSS][0] == 2.5 && isnan(t.num[LL_COL_LOSS][1]));
    assert_string_equal(t.text[LL_COL_RUN][0], "");
    assert_string_equal(t.text[LL_COL_RUN][1], "\xc3\xa9,\n");
    assert_string_equal(t.text[LL_COL_RUN][2], "12");
    const int64_t lines[] = { 1, 3, 4 };
    assert_memory_equal(t.line, lines, sizeof lines);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "a.jsonl", "{\"x\":1,\"ok\":true}\n{\"x\":2,\"ok\":false}\n{\"x\":3}\n",
                        &(ll_table_opts) { .where = "ok = true" }, err));
    assert_int_equal(t.rows, 1);
    ll_table_clear(&t);
    refused("a.jsonl", "{\"loss\": 1}\n{\"loss\": \n", NULL, LL_EFORMAT, "a.jsonl:2:");
    refused("a.jsonl", "{\"loss\": 1}\n[1]\n", NULL, LL_EFORMAT, "a.jsonl:2: expected an object");
    refused("a.jsonl", "{\"loss\": 1, \"loss\": 2}\n", NULL, LL_EFORMAT, "a.jsonl:1:|uplicate");
    refused("a.jsonl", "{\"loss\": \"big\"}\n", NULL, LL_EINPUT, "a.jsonl:1|'loss'|'big'|expected a number");
    refused("a.jsonl", "{\"loss\": true}\n", NULL, LL_EINPUT, "a.jsonl:1|'true'|expected a number");
    refused("a.jsonl", "", NULL, LL_EFORMAT, "empty");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_and_breaks),
        cmocka_unit_test(aliases),
        cmocka_unit_test(conventions),
        cmocka_unit_test(units),
        cmocka_unit_test(units_of_counts),
        cmocka_unit_test(held_out_loss_is_taken),
        cmocka_unit_test(headers_refused),
        cmocka_unit_test(headers_are_named),
        cmocka_unit_test(long_headers),
        cmocka_unit_test(many_names),
        cmocka_unit_test(roles),
        cmocka_unit_test(filter),
        cmocka_unit_test(filter_refused),
        cmocka_unit_test(clusters),
        cmocka_unit_test(runs_are_clusters),
        cmocka_unit_test(json_lines),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
