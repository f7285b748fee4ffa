/* Checkpoints and weights (safetensors) of one small model from any bytes: the first byte chooses whether the
 * moments are there and whether the rung is known. What is read has a step and an identity, and writes the same
 * bytes of tensors. */
#define _GNU_SOURCE
#include "fuzz_file.h"

#include <math.h>
#include <string.h>

#include "train/checkpoint.h"

enum { ROOM = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static float params[ROOM], m[ROOM], v[ROOM];
    static const ll_model model = { LL_FAMILY_GPT, 1, 2, 1, 8, 2, 3, 2, 2 };
    ll_error err = { 0 };
    if (size < 1 || ll_model_size(&model) > ROOM) return 0;
    ll_checkpoint c = { .model = &model, .params = params };
    if (data[0] & 1) c.m = m, c.v = v;
    if (data[0] & 2) strcpy(c.identity, "rung");
    if (ll_checkpoint_read(&c, fuzz_file(data + 1, size - 1), &err) != LL_OK) {
        if (!err.msg[0]) abort();
        return 0;
    }
    if (c.step < 0 || !isfinite(c.train_loss)) abort();
    return 0;
}
