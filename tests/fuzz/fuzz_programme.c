/* Results of programmes from any bytes: one that is taken has figures that can be laid out, or are empty. */
#include "fuzz_file.h"

#include "report/figure/figure_layout.h"
#include "report/programme/programme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_json *doc;
    ll_error err = { 0 };
    const ll_json *experiments, *e;
    if (ll_programme_load(&doc, fuzz_file(data, size), &err) != LL_OK) {
        if (!err.msg[0]) abort();
        return 0;
    }
    experiments = ll_json_get(doc, "experiments");
    for (const char *name = ll_json_next(experiments, NULL, &e); name; name = ll_json_next(experiments, name, &e)) {
        ll_figure *f;
        ll_layout l;
        const ll_status s = ll_programme_figure(&f, doc, name, &err);
        if (s != LL_OK && s != LL_ESTATE) abort();
        if (s == LL_OK) ll_figure_lay_out(&l, f, &err);
        ll_figure_free(f);
    }
    ll_json_free(doc);
    return 0;
}
