#include "cli/law/programme_report.h"

#include <stdio.h>

#include "base/system/file.h"
#include "cli/print.h"
#include "report/programme/programme.h"

/* FOLDER/NAME.svg and FOLDER/NAME.png */
static ll_status draw(const ll_json *doc, const char *name, const char *folder, ll_json *files, ll_error *err) {
    static const char *const endings[] = { "svg", "png" };
    ll_figure *f;
    LL_TRY(ll_programme_figure(&f, doc, name, err));
    ll_status s = LL_OK;
    for (int k = 0; k < 2 && s == LL_OK; k++) {
        char file[96], path[LL_PATH_MAX];
        snprintf(file, sizeof file, "%.64s.%s", name, endings[k]);
        s = ll_file_join(path, folder, file, err);
        if (s == LL_OK) s = ll_figure_render(f, ll_figure_format_named(endings[k]), path, err);
        if (s == LL_OK) ll_json_push(files, ll_json_str(path));
    }
    ll_figure_free(f);
    return s;
}

static ll_status draw_all(const ll_json *doc, const char *folder, ll_json *files, ll_error *err) {
    const ll_json *experiments = ll_json_get(doc, "experiments"), *e;
    LL_TRY(ll_file_mkdir(folder, err));
    for (const char *name = ll_json_next(experiments, NULL, &e); name; name = ll_json_next(experiments, name, &e))
        if (ll_json_kind_of(ll_json_get(e, "figure")) == LL_JSON_OBJECT) {
            const ll_status s = draw(doc, name, folder, files, err);
            if (s == LL_EINPUT) ll_say_to(stderr, "no figure %s: %s\n", name, err->msg); /* no mark to show */
            else if (s != LL_OK) return s;
        }
    return LL_OK;
}

ll_status ll_programme_write(const ll_programme_order *order, ll_json *files, char missing[LL_ERROR_MAX],
                             ll_error *err) {
    ll_json *doc;
    *missing = 0;
    LL_TRY(ll_programme_load(&doc, order->result, err));
    ll_status s = order->out ? ll_programme_report(doc, order->out, missing, err) : LL_OK;
    if (s == LL_OK && order->out) ll_json_push(files, ll_json_str(order->out));
    if (s == LL_OK && *order->figures) s = draw_all(doc, order->figures, files, err);
    ll_json_free(doc);
    return s;
}
