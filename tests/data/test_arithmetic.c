#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/build.h"

static const char ops[] = "+-*%";

/* What a line says, read by no code of the source: 1 where its answer is right. */
static bool read_line(const char *line, ll_arithmetic_problem *p) {
    long long a, b, m = 0, answer;
    char sign;
    *p = (ll_arithmetic_problem) { 0 };
    if (sscanf(line, "(%lld+%lld)%%%lld=%lld", &a, &b, &m, &answer) == 4) sign = '%';
    else if (sscanf(line, "%lld%c%lld=%lld", &a, &sign, &b, &answer) != 4) return false;
    p->op = (ll_arithmetic_op)(strchr(ops, sign) - ops);
    p->a = a, p->b = b, p->m = m;
    switch (sign) {
    case '+': return answer == a + b;
    case '-': return answer == a - b;
    case '*': return answer == a * b;
    default: return m >= 2 && answer == (a + b) % m;
    }
}

static ll_arithmetic text_of(const char *operations, int digits) {
    ll_arithmetic text;
    assert_ok(ll_arithmetic_named(&text, operations, digits, err));
    return text;
}

/* Every line is right, none is held out, and operations and sizes are as often as they should be. */
static void lines(void **state) {
    (void)state;
    enum { DOCUMENTS = 500, N = DOCUMENTS * LL_ARITHMETIC_LINES };
    const ll_arithmetic text = text_of("mod,add,sub,mul", 3);
    char document[LL_ARITHMETIC_DOCUMENT];
    int seen[4] = { 0 }, small = 0;
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        const size_t size = ll_arithmetic_document(&text, 7, 0, i, document);
        int n = 0;
        assert_int_equal(document[size - 1], '\n');
        for (char *line = strtok(document, "\n"); line; line = strtok(NULL, "\n"), n++) {
            ll_arithmetic_problem p;
            if (!read_line(line, &p)) fail_msg("'%s' is wrong", line);
            assert_false(ll_arithmetic_held_out(&p));
            seen[p.op]++;
            small += p.a < 10 && p.b < 10;
        }
        assert_int_equal(n, LL_ARITHMETIC_LINES);
    }
    for (int op = 0; op < 4; op++) assert_true(abs(seen[op] - N / 4) < 5 * sqrt(N * 0.25 * 0.75));
    /* One digit at n = 1, and of 2 and 3 digits 100 of the pairs that are not held out. */
    const double p = (1 + 100 / (100 + 9900 * 7 / 8.0) + 100 / (100 + 999900 * 7 / 8.0)) / 3;
    assert_true(fabs(small - N * p) < 5 * sqrt(N * p * (1 - p)));
}

static void one_in_eight_is_held_out(void **state) {
    (void)state;
    int out = 0, of = 0;
    for (int op = 0; op < 4; op++)
        for (int a = 0; a < 100; a++)
            for (int b = 0; b < 100; b++) {
                ll_arithmetic_problem p = { .op = (ll_arithmetic_op)op, .a = a, .b = b, .m = 7 },
                                      swapped = { .op = p.op, .a = b, .b = a, .m = 90 };
                const bool held = ll_arithmetic_held_out(&p);
                assert_false(held && a < 10 && b < 10);
                if (op != LL_ARITHMETIC_SUB) assert_int_equal(held, ll_arithmetic_held_out(&swapped));
                of += a >= 10 || b >= 10;
                out += held;
            }
    /* Of pairs that go by both orders half as many are drawn: twice the variance at most. */
    assert_true(fabs(out - of / 8.0) < 5 * sqrt(2 * of * 7 / 64.0));
}

static void draws(void **state) {
    (void)state;
    ll_rng r = ll_rng_at(1, LL_STREAM_NOISE, 0), again = r;
    ll_arithmetic_problem p, same;
    char line[2 * LL_ARITHMETIC_TEXT];
    double sum = 0;
    for (int i = 0; i < 20000; i++) {
        const ll_arithmetic_op op = (ll_arithmetic_op)(i % 4);
        ll_arithmetic_draw(&r, op, 9, &p);
        ll_arithmetic_draw(&again, op, 9, &same);
        assert_string_equal(p.question, same.question);
        snprintf(line, sizeof line, "%s%s", p.question, p.answer);
        assert_true(read_line(line, &same) && same.op == op && same.a == p.a && same.b == p.b && same.m == p.m);
        assert_true(p.a < 1000000000 && p.b < 1000000000 && p.m < 1000000000);
        sum += (double)p.a;
    }
    assert_true(fabs(sum / 20000 - 5e8) < 5 * 1e9 / sqrt(12 * 20000.0));
}

/* One digit: 100 problems of each, nothing held out. Two digits: counted here, problem by problem. */
static void entropies(void **state) {
    (void)state;
    const ll_arithmetic sums = text_of("add", 1), both = text_of("add,sub", 1), large = text_of("add", 4);
    assert_close(ll_arithmetic_entropy(&sums), 64 * log(100) / (64 * 6.45 + 1), 1e-12);
    assert_close(ll_arithmetic_entropy(&both), 64 * log(200) / (64 * 6.45 + 1), 1e-12);
    assert_true(isnan(ll_arithmetic_entropy(&large)));
    for (int op = 0; op < 4; op++) {
        const ll_arithmetic text = text_of(ll_arithmetic_op_names[op], 2);
        double kept[2] = { 0 }, h = 0, length = 0;
        for (int pass = 0; pass < 2; pass++)
            for (int a = 0; a < 100; a++)
                for (int b = 0; b < 100; b++)
                    for (int m = op == 3 ? 2 : 99; m < 100; m++) {
                        ll_arithmetic_problem p = { .op = (ll_arithmetic_op)op, .a = a, .b = b, .m = m };
                        const bool one = a < 10 && b < 10 && (op != 3 || m < 10);
                        char line[64];
                        if (ll_arithmetic_held_out(&p)) continue;
                        if (pass == 0) {
                            kept[0] += one, kept[1]++;
                            continue;
                        }
                        const double q = 0.5 * one / kept[0] + 0.5 / kept[1];
                        const int value[] = { a + b, a - b, a * b, (a + b) % m };
                        if (op == 3) sprintf(line, "(%d+%d)%%%d=%d\n", a, b, m, value[op]);
                        else sprintf(line, "%d%c%d=%d\n", a, ops[op], b, value[op]);
                        h -= q * log(q);
                        length += q * (double)strlen(line);
                    }
        assert_close(ll_arithmetic_entropy(&text), 64 * h / (64 * length + 1), 1e-10);
    }
}

/* The mean length of documents is the one that the entropy's denominator says: of one operation at one digit. */
static void lengths(void **state) {
    (void)state;
    enum { DOCUMENTS = 2000 };
    const ll_arithmetic text = text_of("mul", 1);
    char document[LL_ARITHMETIC_DOCUMENT];
    double sum = 0, square = 0;
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        const double size = (double)ll_arithmetic_document(&text, 3, 1, i, document);
        sum += size / DOCUMENTS;
        square += size * size / DOCUMENTS;
    }
    const double said = 64 * log(100) / ll_arithmetic_entropy(&text) - 1;
    assert_true(fabs(sum - said) < 5 * sqrt((square - sum * sum) / DOCUMENTS));
}

static void shards(void **state) {
    (void)state;
    const ll_arithmetic text = text_of("add,mul", 2);
    char prefix[LL_PATH_MAX], document[LL_ARITHMETIC_DOCUMENT];
    ll_build_report report;
    ll_shard train, val;
    snprintf(prefix, sizeof prefix, "%.900s/p", folder);
    assert_ok(ll_build_arithmetic(&text, prefix, 30000, 20000, 5, &report, err));
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    assert_ok(ll_shard_verify(&train, prefix, err));
    assert_int_equal(train.n, 30000);
    assert_int_equal(val.n, 20000);
    assert_string_equal(train.info.tokenizer, "byte");
    assert_int_equal(train.info.vocab, LL_BYTE_VOCAB);
    assert_close(train.info.entropy, ll_arithmetic_entropy(&text), 1e-12);
    for (int side = 0; side < 2; side++) {
        const ll_shard *s = side ? &val : &train;
        int64_t at = 0, ends = 0;
        for (uint32_t i = 0; at < s->n; i++) {
            const size_t size = ll_arithmetic_document(&text, 5, (uint32_t)side, i, document);
            for (size_t k = 0; k < size && at < s->n; k++) assert_int_equal(s->tokens[at++], document[k]);
            if (at < s->n) assert_int_equal(s->tokens[at++], LL_TOKEN_END), ends++;
        }
        assert_int_equal(s->info.bytes, s->n - ends);
        assert_int_equal(s->info.documents, ends + (s->tokens[s->n - 1] != LL_TOKEN_END));
    }
    assert_true(memcmp(train.tokens, val.tokens, 2000) != 0);
    ll_shard_close(&train);
    ll_shard_close(&val);
}

static void refusals(void **state) {
    (void)state;
    ll_arithmetic text;
    ll_error err;
    static const char *const bad[] = { "", "plus", "add,", ",add", "add mul", "ad", "addd" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ll_arithmetic_named(&text, bad[i], 3, &err), LL_EINPUT);
    assert_int_equal(ll_arithmetic_named(&text, "add", 0, &err), LL_EINPUT);
    assert_int_equal(ll_arithmetic_named(&text, "add", 10, &err), LL_EINPUT);
    assert_ok(ll_arithmetic_named(&text, "mod,add,mod", 9, err));
    assert_true(text.n == 2 && text.op[0] == LL_ARITHMETIC_ADD && text.op[1] == LL_ARITHMETIC_MOD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),    cmocka_unit_test(one_in_eight_is_held_out),
        cmocka_unit_test(draws),    cmocka_unit_test(entropies),
        cmocka_unit_test(lengths),  cmocka_unit_test(shards),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
