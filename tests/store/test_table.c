#define _POSIX_C_SOURCE 200809L
#include "comma_locale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "loglog/table.h"
#include "loglog/units.h"

static ll_status read_text(ll_table *t, const char *name, const char *text, const ll_table_opts *opts,
                           ll_error *err) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
    return ll_table_read(t, path, opts, err);
}

/* Reading must fail with this code and with every one of the words (separated by a bar) in the line. */
static void refused(const char *name, const char *text, const ll_table_opts *opts, ll_status code,
                    const char *words) {
    ll_table t;
    ll_error err = { 0 };
    ll_status s = read_text(&t, name, text, opts, &err);
    if (s != code) fail_msg("'%.60s' gave %d (%s), expected %d", text, s, err.msg, code);
    assert_int_equal(t.rows, 0);
    assert_null(t.line);
    char list[256];
    snprintf(list, sizeof list, "%s", words);
    for (char *w = strtok(list, "|"); w; w = strtok(NULL, "|"))
        if (!strstr(err.msg, w)) fail_msg("'%s' does not say '%s'", err.msg, w);
}

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

/* ---- round trips ---- */

static void same_tables(const ll_table *a, const ll_table *b) {
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->params_are, b->params_are);
    assert_int_equal(a->loss_unit, b->loss_unit);
    for (int c = 0; c < LL_COL_COUNT; c++)
        for (int64_t i = 0; i < a->rows; i++) {
            double x = ll_table_num(a, i, (ll_column)c), y = ll_table_num(b, i, (ll_column)c);
            if (c >= LL_COL_FIRST_NUMBER) {
                if (isnan(x)) assert_true(isnan(y));
                else assert_memory_equal(&x, &y, sizeof x);
                continue;
            }
            const char *p = a->text[c] && a->text[c][i] ? a->text[c][i] : "";
            const char *q = b->text[c] && b->text[c][i] ? b->text[c][i] : "";
            assert_string_equal(p, q);
        }
}

static void fill_awkward(ll_table *t) {
    static const double v[] = { 0.1,
                                1.0 / 3,
                                -0.0,
                                5e-324,
                                1.7976931348623157e308,
                                NAN,
                                1e15 + 1,
                                4503599627370497.5,
                                123456789012345678.0,
                                2.2250738585072014e-308 };
    static const char *const texts[] = { "plain", "a,b",      "\"q\"", "two\r\nlines", " blank ",
                                         "",      "\xc3\xa9", "\ttab", "nan",          "x" };
    assert_ok(ll_table_new(t, 10, err));
    for (int64_t i = 0; i < 10; i++)
        for (int c = 0; c < LL_COL_COUNT; c++) {
            if (c >= LL_COL_FIRST_NUMBER) t->num[c][i] = v[(i * 7 + c) % 10];
            else if (c != LL_COL_ROLE) t->text[c][i] = strdup(texts[(i + 3 * c) % 10]);
            else t->text[c][i] = strdup(i % 3 ? "trunk" : i % 2 ? "" : "forecast");
        }
}

static void round_trip(void **state) {
    (void)state;
    static const char *const names[] = { "t.csv", "t.jsonl" };
    for (int k = 0; k < 2; k++)
        for (int are = LL_PARAMS_UNSTATED; are <= LL_PARAMS_NONEMBEDDING; are++)
            for (int unit = LL_LOSS_NATS; unit <= LL_LOSS_UNSTATED; unit++) {
                char path[LL_PATH_MAX];
                ll_table a, b;
                fill_awkward(&a);
                a.params_are = (ll_params_are)are;
                a.loss_unit = (ll_loss_unit)unit;
                assert_ok(ll_file_join(path, folder, names[k], err));
                assert_ok(ll_table_write(&a, path, err));
                assert_ok(ll_table_read(&b, path, NULL, err));
                same_tables(&a, &b);
                ll_table_clear(&a);
                ll_table_clear(&b);
            }
}

static void one_column_round_trip(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_table a, b;
    assert_ok(read_text(&a, "a.csv", "loss\nnan\n1\nnan\n", NULL, err));
    assert_int_equal(a.rows, 3);
    assert_ok(ll_file_join(path, folder, "b.csv", err));
    assert_ok(ll_table_write(&a, path, err));
    assert_ok(ll_table_read(&b, path, NULL, err));
    same_tables(&a, &b);
    ll_table_clear(&a);
    ll_table_clear(&b);
}

/* Cells that a spreadsheet would run are written so that it does not, and come back as they were. */
static void formulas_are_text(void **state) {
    (void)state;
    static const char *const names[] = { "=1+1",
                                         "@SUM(A1)",
                                         "+cmd|'/C calc'!A0",
                                         "-2+3+cmd|' /C calc'!A0",
                                         "\t=1",
                                         "'=1",
                                         "''=1",
                                         "'plain",
                                         "-5",
                                         "+3.5M",
                                         "-",
                                         "=HYPERLINK(\"http://x\",\"y\")" };
    enum { N = sizeof names / sizeof *names };
    char path[LL_PATH_MAX], *text;
    ll_table a, b;
    assert_ok(ll_table_new(&a, N, err));
    for (int i = 0; i < N; i++) a.text[LL_COL_RUN][i] = strdup(names[i]);
    assert_ok(ll_file_join(path, folder, "formulas.csv", err));
    assert_ok(ll_table_write(&a, path, err));
    assert_ok(ll_table_read(&b, path, NULL, err));
    for (int i = 0; i < N; i++) assert_string_equal(b.text[LL_COL_RUN][i], names[i]);
    assert_ok(ll_file_read(path, 1 << 16, &text, NULL, err));
    for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        const char *cell = line + (*line == '"');
        double v;
        char first[64];
        snprintf(first, sizeof first, "%.*s", (int)strcspn(cell, ","), cell);
        assert_null(strchr("=@\t", *cell));
        if (strchr("+-", *cell)) assert_true(!first[1] || ll_units_parse(first, &v));
    }
    free(text);
    ll_table_clear(&a);
    ll_table_clear(&b);
}

/* A program that uses the library may have chosen a locale with a comma: numbers keep their point. */
static void any_locale(void **state) {
    (void)state;
    char path[LL_PATH_MAX], shown[32], *text;
    ll_table a, b;
    ll_error e = { 0 };
    use_commas();
    snprintf(shown, sizeof shown, "%.1f", 0.5);
    assert_string_equal(shown, "0,5");
    assert_ok(read_text(&a, "a.csv", "N,loss\n1.5e6,0.8945\n", &(ll_table_opts) { .where = "loss < 0.9" }, err));
    assert_true(a.num[LL_COL_LOSS][0] == 0.8945 && a.num[LL_COL_PARAMS][0] == 1.5e6);
    static const char *const files[] = { "out.csv", "out.jsonl" };
    for (int k = 0; k < 2; k++) {
        assert_ok(ll_file_join(path, folder, files[k], err));
        assert_ok(ll_table_write(&a, path, err));
        assert_ok(ll_file_read(path, 1 << 16, &text, NULL, err));
        assert_non_null(strstr(text, k ? "0.8944999" : "0.8945")); /* JSON has 17 digits */
        free(text);
        assert_ok(ll_table_read(&b, path, NULL, err));
        assert_true(b.num[LL_COL_LOSS][0] == 0.8945);
        ll_table_clear(&b);
    }
    ll_table_clear(&a);
    assert_string_equal(ll_units_show(1500, shown, sizeof shown), "1.50k");
    assert_int_equal(read_text(&a, "a.csv", "N,loss\n1,\"0,8945\"\n", NULL, &e), LL_EINPUT);
    LL_FAIL(&e, LL_EINPUT, "%g", 0.5);
    assert_string_equal(e.msg, "0.5");
    setlocale(LC_NUMERIC, "C");
}

static void put_slowly(const char *path) {
    FILE *to = fopen(path, "w");
    for (int i = 0; to && i < 3; i++) {
        fputs(i ? "1,2\n" : "N,loss\n", to);
        fflush(to);
        nanosleep(&(struct timespec) { .tv_nsec = 100000000 }, NULL);
    }
    _exit(to && fclose(to) == 0 ? 0 : 1);
}

/* A pipe with a writer is read to its end; one without and a device are named and not waited for. */
static void pipes_and_devices(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_table t;
    ll_error e = { 0 };
    assert_ok(ll_file_join(path, folder, "fifo", err));
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t pid = fork();
    if (pid == 0) put_slowly(path);
    assert_ok(ll_table_read(&t, path, NULL, err));
    assert_int_equal(t.rows, 2);
    ll_table_clear(&t);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "a pipe that nobody writes to"));
    assert_int_equal(ll_table_read(&t, "/dev/zero", NULL, &e), LL_EINPUT);
    assert_string_equal(e.msg, "/dev/zero: a device, expected a file or a pipe");
    assert_int_equal(ll_table_read(&t, folder, NULL, &e), LL_EINPUT);
}

static void infinity_is_not_written(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_error e = { 0 };
    ll_table t;
    assert_ok(ll_table_new(&t, 2, err));
    t.num[LL_COL_LOSS][1] = INFINITY;
    assert_ok(ll_file_join(path, folder, "inf.csv", err));
    assert_int_equal(ll_table_write(&t, path, &e), LL_ENUM);
    assert_non_null(strstr(e.msg, "row 2: loss"));
    ll_table_clear(&t);
    FILE *in = fopen(path, "rb");
    assert_null(in);
}

/* ---- hostile input ---- */

static void hostile(void **state) {
    (void)state;
    ll_table t;
    ll_error e = { 0 };
    char path[LL_PATH_MAX];
    refused("a.csv", "run,loss\n\"a,1\nb,2\n", NULL, LL_EFORMAT, "a.csv:2|column 1|never closed");
    refused("a.csv", "run,loss\n\"a\"b,1\n", NULL, LL_EFORMAT, "a.csv:2|comma");
    refused("a.csv", "run,loss\na,1\nb\n", NULL, LL_EFORMAT, "a.csv:3|1 cells, expected 2");
    refused("a.csv", "run,loss\n\"x\ny\",1\nb,1,2\n", NULL, LL_EFORMAT, "a.csv:4|3 cells, expected 2");
    refused("a.csv", "N;D;loss\n1;2;3\n", NULL, LL_EFORMAT, "a.csv:1|'N;D;loss'|commas");
    refused("a.csv", "N\tloss\n1\t2\n", NULL, LL_EFORMAT, "a.csv:1|commas");
    refused("a.csv", "loss\n1e999\n", NULL, LL_EINPUT, "a.csv:2|'loss'|1e999");
    refused("a.csv", "loss\n0x10\n", NULL, LL_EINPUT, "a.csv:2|0x10");
    refused("a.csv", "loss\n1 2\n", NULL, LL_EINPUT, "a.csv:2|'1 2'");
    refused("a.csv", "loss\n\"1,000\"\n", NULL, LL_EINPUT, "a.csv:2|1,000");
    refused("a.csv", "loss\n1\n2\n3\n", &(ll_table_opts) { .max_rows = 2 }, LL_EINPUT, "a.csv:4|more than 2 rows");
    refused("a.csv", "evil\x1b[2J\nloss\n", &(ll_table_opts) { .where = "x = 1" }, LL_EINPUT, "'x'");
    support_write(folder, "zero.csv", "loss\n1\n2\0\n", 10, path);
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EFORMAT);
    assert_non_null(strstr(e.msg, "zero.csv:3: a zero byte"));
    assert_int_equal(ll_table_read(&t, folder, NULL, &e), LL_EINPUT);
    assert_int_equal(ll_table_read(&t, "/nowhere/at/all.csv", NULL, &e), LL_EINPUT);
}

static void a_million_columns(void **state) {
    (void)state;
    enum { N = 1000000 };
    char *text = malloc(N + 2), path[LL_PATH_MAX];
    ll_error e = { 0 };
    ll_table t;
    memset(text, ',', N);
    text[N] = '\n';
    support_write(folder, "wide.csv", text, N + 1, path);
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "wide.csv:1: more than 65536 columns"));
    free(text);
}

static void a_long_line(void **state) {
    (void)state;
    enum { N = 10000000 };
    char *text = malloc(N + 32), path[LL_PATH_MAX];
    ll_table t;
    int n = sprintf(text, "run,loss\n\"");
    memset(text + n, '\n', N);
    strcpy(text + n + N, "\",1\nb,x\n");
    support_write(folder, "long.csv", text, strlen(text), path);
    ll_error e = { 0 };
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "long.csv:10000003: column 'loss': 'x'"));
    free(text);
}

/* Every cut of a good file is read or refused, and never read as more than was there. */
static void truncated(void **state) {
    (void)state;
    static const char text[] = "run,loss,tokens\n\"a \"\"b\"\"\",1.5,2e9\r\nc,2.5,3e9\n";
    for (size_t n = 0; n < sizeof text; n++) {
        char path[LL_PATH_MAX];
        ll_table t;
        support_write(folder, "cut.csv", text, n, path);
        if (ll_table_read(&t, path, NULL, NULL) == LL_OK) assert_true(t.rows <= 2);
        ll_table_clear(&t);
    }
}

/* ---- published tables ---- */

static void chinchilla(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_table t;
    support_data("runs/chinchilla_figure4.csv", path);
    assert_ok(ll_table_read(&t, path, &(ll_table_opts) { .where = "kept_in_fit = 1" }, err));
    assert_int_equal(t.rows, 240);
    assert_int_equal(t.dropped, 5);
    assert_int_equal(t.params_are, LL_PARAMS_UNSTATED);
    assert_int_equal(t.loss_unit, LL_LOSS_NATS);
    assert_true(t.num[LL_COL_PARAMS][0] == 1730543416.124146);
    assert_true(t.num[LL_COL_LOSS][0] == 3.395737776160633);
    ll_table_clear(&t);
}

static void all_published(void **state) {
    (void)state;
    static const struct {
        const char *name, *columns;
        int64_t rows;
    } known[] = { { "chinchilla_figure4.csv", NULL, 245 },
                  { "porian_owt2_isoflop.csv", "params=N_params", 581 },
                  { "porian_owt2_published_optima.csv", NULL, 59 },
                  { "porian_owt2_published_fits.csv", NULL, 20 },
                  { "gadre_overtraining_c4_rpj.csv", NULL, 69 },
                  { "gemstones_cool_end.csv", NULL, 199 },
                  { "gemstones_hot.csv", NULL, 220 },
                  { "gemstones_slim_chinchilla.csv", NULL, 28 },
                  { "datablations_182.csv", NULL, 182 },
                  { "datablations_all.csv", NULL, 296 },
                  { "isoflop_chinchilla_misfitting.csv", NULL, 423 },
                  { "bnsl_4digit_addition.csv", NULL, 17 },
                  { "chinchilla_table_a9_shapes.csv", NULL, 50 },
                  { "obs_base_llm_benchmarks.csv", NULL, 148 },
                  { "obs_base_llm_emergent.csv", NULL, 84 },
                  { "notable_models.csv", NULL, 988 },
                  { "training_costs.csv", NULL, 82 },
                  { "hardware_prices.csv", NULL, 591 } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char name[128], path[LL_PATH_MAX];
        ll_table t;
        snprintf(name, sizeof name, "runs/%s", known[i].name);
        support_data(name, path);
        assert_ok(ll_table_read(&t, path, &(ll_table_opts) { .columns = known[i].columns }, err));
        if (t.rows != known[i].rows) fail_msg("%s: %lld rows", name, (long long)t.rows);
        ll_table_clear(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_and_breaks),
        cmocka_unit_test(aliases),
        cmocka_unit_test(conventions),
        cmocka_unit_test(units),
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
        cmocka_unit_test(round_trip),
        cmocka_unit_test(one_column_round_trip),
        cmocka_unit_test(formulas_are_text),
        cmocka_unit_test(any_locale),
        cmocka_unit_test(pipes_and_devices),
        cmocka_unit_test(infinity_is_not_written),
        cmocka_unit_test(hostile),
        cmocka_unit_test(a_million_columns),
        cmocka_unit_test(a_long_line),
        cmocka_unit_test(truncated),
        cmocka_unit_test(chinchilla),
        cmocka_unit_test(all_published),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
