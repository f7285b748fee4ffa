#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/document/json.h"
#include "train/checkpoint.h"

static const ll_model gpt = { LL_FAMILY_GPT, 2, 8, 2, 32, 6, 11, 8, 4 };
static const ll_model llama = { LL_FAMILY_LLAMA, 1, 8, 2, 24, 6, 11, 8, 4 };
static const char rung[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

enum { MAX = 8192 };

typedef struct blocks {
    float params[MAX], m[MAX], v[MAX];
} blocks;

/* Awkward numbers: subnormal, largest, minus zero, infinities and a NaN among ordinary ones. */
static void fill(blocks *b) {
    static const float odd[] = { 1e-45f, 3.4e38f, -0.0f, INFINITY, -INFINITY, NAN, 1.0f / 3 };
    for (int i = 0; i < MAX; i++) {
        b->params[i] = i % 9 < 7 ? odd[i % 9] : (float)i;
        b->m[i] = (float)i * -0.37f;
        b->v[i] = (float)(i * i) * 1e-9f;
    }
}

static ll_checkpoint of(const ll_model *m, blocks *b) {
    ll_checkpoint c = {
        .model = m, .params = b->params, .m = b->m, .v = b->v, .step = 123456789012, .train_loss = 1.0 / 3
    };
    strcpy(c.identity, rung);
    return c;
}

static int entries(const char *folder) {
    DIR *d = opendir(folder);
    int n = 0;
    while (readdir(d)) n++;
    closedir(d);
    return n - 2;
}

static void round_trip(void **state) {
    (void)state;
    static blocks a, b;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    const ll_model *models[] = { &gpt, &llama };
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    for (int i = 0; i < 4; i++) {
        const ll_model *m = models[i / 2];
        size_t bytes = (size_t)ll_model_size(m) * sizeof(float);
        assert_true(ll_model_size(m) < MAX);
        fill(&a);
        memset(&b, 0x55, sizeof b);
        ll_checkpoint out = of(m, &a), in = of(m, &b);
        if (i % 2) out.m = out.v = in.m = in.v = NULL; /* weights alone */
        in.step = 0, in.train_loss = 0;
        in.identity[i % 2 ? 0 : 64] = 0; /* nothing said: any rung will do */
        assert_ok(ll_checkpoint_write(&out, path, err));
        assert_ok(ll_checkpoint_read(&in, path, err));
        assert_memory_equal(a.params, b.params, bytes);
        if (i % 2 == 0) assert_memory_equal(a.m, b.m, bytes), assert_memory_equal(a.v, b.v, bytes);
        assert_true(in.step == 123456789012 && in.train_loss == 1.0 / 3);
        assert_string_equal(in.identity, rung);
        assert_int_equal(entries(folder), 1);
    }
    support_remove(folder);
}

static void odd_losses(void **state) {
    (void)state;
    static blocks a;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    const double losses[] = { 0, -0.0, 5e-324, 1.7e308, 2.718281828459045 };
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    fill(&a);
    for (int i = 0; i < 5; i++) {
        ll_checkpoint out = of(&gpt, &a), in = of(&gpt, &a);
        out.train_loss = losses[i];
        assert_ok(ll_checkpoint_write(&out, path, err));
        assert_ok(ll_checkpoint_read(&in, path, err));
        assert_memory_equal(&in.train_loss, &losses[i], sizeof(double));
    }
    support_remove(folder);
}

/* The rules of the format: 8 bytes of header length, JSON that begins with '{', dtype, shape and offsets that cover
 * the rest of the file without gap or overlap, in a header padded to 8 bytes. */
static void is_safetensors(void **state) {
    (void)state;
    static blocks a;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *text;
    size_t size;
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    fill(&a);
    ll_checkpoint out = of(&gpt, &a);
    assert_ok(ll_checkpoint_write(&out, path, err));
    assert_ok(ll_file_read(path, 1 << 24, &text, &size, err));
    uint64_t length;
    memcpy(&length, text, 8);
    assert_true(length % 8 == 0 && length < size - 8 && text[8] == '{');
    ll_json *header;
    assert_ok(ll_json_parse(text + 8, (size_t)length, path, &header, err));
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(&gpt, t);
    static const char *const groups[] = { "param", "adam_m", "adam_v" };
    double at = 0;
    for (int g = 0; g < 3; g++)
        for (int i = 0; i < n; i++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", groups[g], t[i].name);
            const ll_json *o = ll_json_get(header, name), *offsets = ll_json_get(o, "data_offsets");
            const ll_json *shape = ll_json_get(o, "shape");
            assert_non_null(o);
            assert_string_equal(ll_json_get_str(o, "dtype"), "F32");
            double begin = ll_json_as_num(ll_json_at(offsets, 0)), end = ll_json_as_num(ll_json_at(offsets, 1)),
                   product = 4;
            for (size_t k = 0; k < ll_json_size(shape); k++) product *= ll_json_as_num(ll_json_at(shape, k));
            assert_true(begin == at && end - begin == product);
            assert_true(product == 4.0 * (double)ll_tensor_size(&t[i]));
            const float *block = g == 0 ? a.params : g == 1 ? a.m : a.v;
            assert_memory_equal(text + 8 + length + (size_t)begin, block + t[i].offset, (size_t)product);
            at = end;
        }
    assert_true(at == (double)(size - 8 - length));
    ll_json_free(header);
    free(text);
    support_remove(folder);
}

/* Reads a changed copy; any outcome but a crash or a wrong number is right. */
static ll_status read_bytes(const char *folder, const ll_model *m, const char *bytes, size_t size, ll_error *err) {
    static blocks b;
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "bad.safetensors", err));
    FILE *f = fopen(path, "wb"); /* hundreds of them: no fsync */
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
    ll_checkpoint in = of(m, &b);
    return ll_checkpoint_read(&in, path, err);
}

static void assert_refused(ll_status s, const ll_error *err, ll_status want) {
    assert_int_equal(s, want);
    assert_int_equal(err->code, want);
    assert_non_null(strstr(err->msg, "bad.safetensors"));
    assert_null(strchr(err->msg, '\n'));
}

static void damaged(void **state) {
    (void)state;
    static blocks a;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *text;
    size_t size;
    ll_error err = { 0 };
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    fill(&a);
    ll_checkpoint out = of(&gpt, &a);
    assert_ok(ll_checkpoint_write(&out, path, err));
    assert_ok(ll_file_read(path, 1 << 24, &text, &size, err));
    uint64_t length;
    memcpy(&length, text, 8);
    const size_t head = 8 + (size_t)length;
    /* cut short: every length through the length field, strides through the header, about the tensors' ends */
    for (size_t n = 0; n < size; n += n < 32            ? 1
                                      : n < head + 16   ? 7
                                      : n + 3000 < size ? 2999
                                      : size - n > 5    ? size - n - 5
                                                        : 1)
        assert_refused(read_bytes(folder, &gpt, text, n, &err), &err, LL_EFORMAT);
    char *longer = calloc(size + 4, 1);
    memcpy(longer, text, size);
    assert_refused(read_bytes(folder, &gpt, longer, size + 4, &err), &err, LL_EFORMAT);
    /* one byte of the length or header changed: refused, or the numbers are still the right ones' places */
    for (size_t i = 0; i < head; i += i < 8 ? 1 : 5)
        for (int bit = 0; bit < 8; bit += 3) {
            memcpy(longer, text, size);
            longer[i] = (char)(longer[i] ^ (1 << bit));
            ll_status s = read_bytes(folder, &gpt, longer, size, &err);
            if (s == LL_OK) continue; /* in the padding, a step's digit or a metadata name nobody reads */
            assert_true(s == LL_EFORMAT || s == LL_ESTATE);
            assert_refused(s, &err, s);
        }
    /* a header length that would wrap or reach past the end */
    static const uint64_t lengths[] = { UINT64_MAX, UINT64_MAX - 7, 1ull << 63, 1ull << 32, 1 << 20, 0, 1 };
    for (int i = 0; i < 7; i++) {
        memcpy(longer, text, size);
        memcpy(longer, &lengths[i], 8);
        assert_refused(read_bytes(folder, &gpt, longer, size, &err), &err, LL_EFORMAT);
    }
    free(longer);
    free(text);
    support_remove(folder);
}

/* The step that flipped digits leave must not be believed beyond sense: text that is no number is refused. */
static void metadata_is_checked(void **state) {
    (void)state;
    static blocks a;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *text;
    size_t size;
    ll_error err = { 0 };
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    fill(&a);
    ll_checkpoint out = of(&gpt, &a);
    assert_ok(ll_checkpoint_write(&out, path, err));
    assert_ok(ll_file_read(path, 1 << 24, &text, &size, err));
    char *step = memmem(text, size, "123456789012", 12), *loss = memmem(text, size, "0x1.5", 5);
    assert_non_null(step);
    assert_non_null(loss);
    memcpy(step, "12345678901x", 12);
    assert_refused(read_bytes(folder, &gpt, text, size, &err), &err, LL_EFORMAT);
    memcpy(step, "-23456789012", 12);
    assert_refused(read_bytes(folder, &gpt, text, size, &err), &err, LL_EFORMAT);
    memcpy(step, "123456789012", 12);
    memcpy(loss, "nonsx", 5);
    assert_refused(read_bytes(folder, &gpt, text, size, &err), &err, LL_EFORMAT);
    free(text);
    support_remove(folder);
}

/* The header says the shape, and what it says is looked at before memory is asked for. */
static void says_its_model(void **state) {
    (void)state;
    static blocks a;
    static const char *const lies[] = { "layers=9", "layers=x", "Layers=2", "layers=0", "layers= " };
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *text;
    size_t size;
    ll_model m;
    ll_error err = { 0 };
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    fill(&a);
    const ll_model *const models[] = { &llama, &gpt };
    for (int i = 0; i < 2; i++) {
        ll_checkpoint out = of(models[i], &a);
        out.m = out.v = NULL;
        assert_ok(ll_checkpoint_write(&out, path, err));
        assert_ok(ll_checkpoint_model(&m, path, err));
        assert_memory_equal(&m, models[i], sizeof m);
    }
    assert_ok(ll_file_read(path, 1 << 24, &text, &size, err));
    char *shape = memmem(text, size, "layers=2", 8);
    assert_non_null(shape);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        memcpy(shape, lies[i], 8);
        support_write(folder, "bad.safetensors", text, size, path);
        assert_refused(ll_checkpoint_model(&m, path, &err), &err, LL_EFORMAT);
    }
    memcpy(shape, "layers=2", 8);
    char *key = memmem(text, size, "\"model\"", 7);
    key[1] = 'M'; /* a file of before there was one */
    support_write(folder, "bad.safetensors", text, size, path);
    assert_refused(ll_checkpoint_model(&m, path, &err), &err, LL_EFORMAT);
    assert_non_null(strstr(err.msg, "does not say the model's shape"));
    support_write(folder, "bad.safetensors", "{}", 2, path);
    assert_refused(ll_checkpoint_model(&m, path, &err), &err, LL_EFORMAT);
    free(text);
    support_remove(folder);
}

static void of_another(void **state) {
    (void)state;
    static blocks a, b;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    ll_error err = { 0 };
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "bad.safetensors", err));
    fill(&a);
    ll_checkpoint out = of(&gpt, &a), in = of(&gpt, &b);
    assert_ok(ll_checkpoint_write(&out, path, err));
    in.identity[5] = 'x';
    assert_refused(ll_checkpoint_read(&in, path, &err), &err, LL_ESTATE);
    ll_model other[] = { gpt, gpt, gpt, gpt, llama };
    other[0].width = 16, other[1].vocab = 12, other[2].layers = 3, other[3].context = 7;
    for (int i = 0; i < 5; i++) {
        in = of(&other[i], &b);
        assert_true(ll_model_size(&other[i]) < MAX);
        assert_refused(ll_checkpoint_read(&in, path, &err), &err, LL_EFORMAT);
    }
    in = of(&gpt, &b);
    in.m = in.v = NULL; /* weights asked of a file with the optimiser's state */
    assert_refused(ll_checkpoint_read(&in, path, &err), &err, LL_EFORMAT);
    out.m = out.v = NULL;
    assert_ok(ll_checkpoint_write(&out, path, err));
    in = of(&gpt, &b); /* state asked of weights */
    assert_refused(ll_checkpoint_read(&in, path, &err), &err, LL_EFORMAT);
    unlink(path);
    assert_refused(ll_checkpoint_read(&in, path, &err), &err, LL_EINPUT);
    support_remove(folder);
}

/* One bit of any byte: the file is refused, or nothing of it is another. */
static void rot(void **state) {
    (void)state;
    static blocks a, b;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *bytes;
    size_t size;
    int refused = 0, harmless = 0;
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    fill(&a);
    ll_checkpoint out = of(&gpt, &a);
    assert_ok(ll_checkpoint_write(&out, path, err));
    assert_ok(ll_file_read(path, 1 << 20, &bytes, &size, err));
    for (size_t at = 0; at < size; at += at < 2000 ? 1 : 37) {
        ll_error err = { 0 };
        bytes[at] ^= (char)(1 << at % 8);
        ll_status s = read_bytes(folder, &gpt, bytes, size, &err);
        bytes[at] ^= (char)(1 << at % 8);
        if (s != LL_OK) {
            refused++;
            continue;
        }
        harmless++;
        ll_checkpoint in = of(&gpt, &b);
        char bad[LL_PATH_MAX];
        assert_ok(ll_file_join(bad, folder, "bad.safetensors", err));
        assert_ok(ll_checkpoint_read(&in, bad, err));
        assert_true(in.step == out.step && in.train_loss == out.train_loss);
        assert_memory_equal(a.params, b.params, (size_t)ll_model_size(&gpt) * sizeof(float));
        assert_memory_equal(a.m, b.m, (size_t)ll_model_size(&gpt) * sizeof(float));
        assert_memory_equal(a.v, b.v, (size_t)ll_model_size(&gpt) * sizeof(float));
    }
    assert_true(refused > 20 * harmless); /* harmless: blanks, the names of the format, the family and the hash */
    free(bytes);
    support_remove(folder);
}

/* A disk that fills up at any byte: the error is told, the one before stays whole, nothing lies beside it. */
static void full_disk(void **state) {
    (void)state;
    static blocks a, b;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.safetensors", err));
    fill(&a);
    ll_checkpoint out = of(&gpt, &a);
    assert_ok(ll_checkpoint_write(&out, path, err));
    for (rlim_t limit = 0; limit < 24000; limit += limit < 8 ? 4 : 3333) {
        pid_t pid = fork();
        if (pid == 0) {
            struct rlimit r = { limit, limit };
            ll_error err = { 0 };
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &r);
            out.step = 5;
            bool right = ll_checkpoint_write(&out, path, &err) == LL_EIO && strstr(err.msg, "x.safetensors");
            _exit(right ? 0 : 1);
        }
        int status;
        waitpid(pid, &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        ll_checkpoint in = of(&gpt, &b);
        assert_ok(ll_checkpoint_read(&in, path, err));
        assert_true(in.step == 123456789012);
        assert_int_equal(entries(folder), 1);
    }
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(odd_losses),          cmocka_unit_test(is_safetensors),
        cmocka_unit_test(damaged),    cmocka_unit_test(metadata_is_checked), cmocka_unit_test(of_another),
        cmocka_unit_test(rot),        cmocka_unit_test(full_disk),           cmocka_unit_test(says_its_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
