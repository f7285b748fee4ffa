#include "sweep/site/site_routes.h"

#include <string.h>

#define ROWS "cluster where last? ladder params-are! "
#define LAW "law! "
#define AXES "x y "
#define FIT "objective! delta bootstrap resample! level fix starts seed "
#define DEVICES "gpus utilisation price watts peak memory pue "

static const ll_site_route routes[] = {
    { "/api/status", "status", "", .stores = true },
    { "/api/runs/list", "runs list", "ladder state! where ", .stores = true, .kept = true },
    { "/api/runs/columns", "runs list", "ladder state! where columns ", .stores = true, .kept = true },
    { "/api/runs/show", "runs show", "", .words = true, .stores = true, .kept = true },
    { "/api/curves", "runs curves", "ladder state! where points runs ", .words = true, .stores = true,
      .kept = true },
    { "/api/fit", "fit",
      LAW AXES FIT ROWS
      "via! weight-is! benchmarks components chance cutoff coverage profile? checklist? no-outlook? target-flops "
      "curves? bcrit judge "
      "warmup optima? values? ",
      .stores = true, .kept = true },
    { "/api/plot", "plot", LAW AXES FIT ROWS "weight-is! no-outlook? ", .words = true, .stores = true, .kept = true,
      .fixed = "--values" },
    { "/api/compare", "compare", LAW AXES FIT ROWS "weight-is! by metrics sudden gain power alarm ", .stores = true,
      .kept = true },
    { "/api/forecast/at", "forecast at", LAW AXES FIT ROWS "via! weight-is! params tokens flops unique-tokens ",
      .stores = true, .kept = true },
    { "/api/forecast/end", "forecast end", "run share ladder where level ", .stores = true, .kept = true },
    { "/api/forecast/list", "forecast list", "", .stores = true, .kept = true },
    { "/api/forecast/check", "forecast check", "", .stores = true, .kept = true },
    { "/api/forecast/head", "forecast head", "", .stores = true, .kept = true },
    { "/api/plan", "plan",
      LAW FIT ROWS DEVICES
      "via! weight-is! params tokens flops usd kwh days loss bits-per-byte bytes-per-token score unique-tokens "
      "inference-tokens samples questions serving-utilisation recipe! ",
      .stores = true, .kept = true },
    { "/api/next", "next",
      LAW AXES ROWS DEVICES
      "seed weight-is! target-flops target-params target-tokens budget pace runs largest tokens-per-param spread ",
      .stores = true, .kept = true },
    { "/api/gate/check", "gate check",
      "run flops ladder gain level evaluated evaluated-flops score in-place loss forecast-loss ", .stores = true,
      .policied = true },
    { "/api/gate/show", "gate show", "", .policied = true },
    { "/api/cost", "cost", DEVICES "flops date ", .kept = true },
    { "/api/laws", "laws", "", .kept = true },
    { "/api/probe/list", "probe list", "", .kept = true },
    { "/api/seal", "forecast seal",
      LAW AXES FIT ROWS "via! params tokens run question author judged-by quantiles scale! statement probability ",
      .stores = true, .writes = true, .signs = true },
    { "/api/exclude", "runs exclude", "back? ", .words = true, .stores = true, .writes = true },
    { "/api/ladder/stop", "ladder stop", "", .words = true, .stores = true, .writes = true },
    { "/api/ladder/start", "ladder start", "", .words = true, .stores = true, .writes = true },
};
enum { ROUTES = sizeof routes / sizeof *routes };

const ll_site_route *ll_site_route_at(const char *path, bool writes) {
    for (int i = 0; i < ROUTES; i++)
        if (routes[i].writes == writes && strcmp(routes[i].path, path) == 0) return &routes[i];
    return NULL;
}

static bool is_same(const char *option, const char *asked, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (option[i] != (asked[i] == '_' ? '-' : asked[i])) return false;
    return asked[n] == 0;
}

ll_site_kind ll_site_kind_of(const ll_site_route *route, const char *option) {
    for (const char *at = route->options; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        const size_t n = strcspn(at, " !?");
        if (!is_same(at, option, n)) continue;
        return at[n] == '!' ? LL_SITE_NAME : at[n] == '?' ? LL_SITE_FLAG : LL_SITE_TEXT;
    }
    return LL_SITE_UNKNOWN;
}

static ll_json *options_json(const ll_site_route *r) {
    ll_json *list = ll_json_array();
    for (const char *at = r->options; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        char name[64] = "";
        strncat(name, at, strcspn(at, " !?"));
        ll_json_push(list, ll_json_str(name));
    }
    if (r->words) ll_json_push(list, ll_json_str("arg"));
    if (r->policied) ll_json_push(list, ll_json_str("policy"));
    return list;
}

ll_json *ll_site_routes_json(void) {
    ll_json *list = ll_json_array();
    for (int i = 0; i < ROUTES; i++) {
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "path", routes[i].path);
        ll_json_set_str(o, "verb", routes[i].verb);
        ll_json_set_str(o, "method", routes[i].writes ? "POST" : "GET");
        ll_json_set(o, "options", options_json(&routes[i]));
        ll_json_push(list, o);
    }
    return list;
}
