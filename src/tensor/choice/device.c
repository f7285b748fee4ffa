#include "tensor/choice/device.h"

#include <stdlib.h>
#include <string.h>

#include "loglog/units.h"
#ifdef LL_HAVE_CUDA
#include "tensor/cuda/cards.h"
#endif

ll_status ll_device_cards(ll_card cards[LL_DEVICE_CARDS], int *n, ll_error *err) {
    *n = 0;
#ifdef LL_HAVE_CUDA
    return ll_cuda_cards(cards, n, err);
#else
    (void)cards;
    return LL_FAIL(err, LL_ESTATE, "built without CUDA (build where its toolkit is, with cmake -DLOGLOG_CUDA=ON)");
#endif
}

/* The N of cuda:N, 0 of cuda, -1 of any other word. */
static int card_number(const char *name) {
    if (strcmp(name, "cuda") == 0) return 0;
    if (strncmp(name, "cuda:", 5) != 0) return -1;
    size_t digits = strspn(name + 5, "0123456789");
    return digits >= 1 && digits <= 4 && name[5 + digits] == 0 ? atoi(name + 5) : -1;
}

static ll_status refuse_card(const char *name, int number, ll_error *err) {
    ll_card cards[LL_DEVICE_CARDS];
    ll_error why = { 0 };
    char memory[32];
    int n;
    if (ll_device_cards(cards, &n, &why) != LL_OK)
        return LL_FAIL(err, LL_EINPUT, "no device '%s': %.400s, expected auto or cpu", name, why.msg);
    if (number < 0 || number >= n)
        return LL_FAIL(err, LL_EINPUT, "no device '%s': the driver finds %d card%s, expected auto or cpu", name, n,
                       n == 1 ? "" : "s");
    const ll_card *c = &cards[number];
    return LL_FAIL(err, LL_EINPUT,
                   "device '%s' is %s (compute capability %d.%d, %s), for which this version has no kernels yet, "
                   "expected auto or cpu",
                   name, c->title, c->major, c->minor, ll_units_show_bytes(c->memory, memory, sizeof memory));
}

ll_status ll_device_named(const char *name, const char **out, ll_error *err) {
    if (out) *out = "cpu";
    if (strcmp(name, "auto") == 0 || strcmp(name, "cpu") == 0) return LL_OK;
    int number = card_number(name);
    if (number >= 0) return refuse_card(name, number, err);
    return LL_FAIL(err, LL_EINPUT, "no device '%.40s', expected auto, cpu or cuda:N such as cuda:0", name);
}
