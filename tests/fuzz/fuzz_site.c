/* Any bytes as a request to the page's server: a path, a query and a body by lines. What becomes of it is words of
 * which each is an option that the route has, with its store as it is; or one line that says why not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/http/http_guard.h"
#include "sweep/site/site_ask.h"

static const ll_site_house house = { "loglog", "s.db", "one.yaml,two/three.yaml", "secret.key" };

static bool is_of_the_house(const char *word) {
    static const char *const words[] = { "--json",       "--values", "--key=secret.key",
                                         "--store=s.db", "one.yaml", "two/three.yaml" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

static void check_word(const ll_site_route *route, const char *word) {
    char name[256];
    if (strchr(word, '\n') || strlen(word) > 2048) abort();
    if (is_of_the_house(word)) return;
    if (*word != '-') { /* of a verb, or a run */
        if (!*word || (!route->words && !strstr(route->verb, word))) abort();
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    if (strncmp(word, "--", 2) != 0 || ll_site_kind_of(route, name) == LL_SITE_UNKNOWN) abort();
    if (ll_site_kind_of(route, name) == LL_SITE_NAME && strpbrk(strchr(word, '=') + 1, "/. ")) abort();
}

static void check(const ll_site_route *route, ll_site_ask *ask, ll_status status, const ll_error *err) {
    if (status != LL_OK && (err->code != status || strchr(err->msg, '\n'))) abort();
    if (status == LL_OK) {
        if (ask->argc > LL_SITE_WORDS || strcmp(ask->argv[0], "loglog") != 0 || ask->argv[ask->argc]) abort();
        for (int i = 1; i < ask->argc; i++) check_word(route, ask->argv[i]);
    }
    ll_site_ask_clear(ask);
}

static void check_guard(const char *host, const char *origin, const char *authorization) {
    static ll_http_guard g = { .wide = true, .names = "lab.example" };
    const char *why;
    if (!*g.token) memset(g.token, 'f', sizeof g.token - 1); /* no text has this hash */
    const ll_http_head head = {
        .host = host, .origin = origin, .authorization = authorization, .cookie = authorization
    };
    for (int need = LL_HTTP_READ; need <= LL_HTTP_WRITE; need++)
        if (ll_http_guard_check(&g, &head, (ll_http_need)need, &why) == 0 && need != LL_HTTP_OPEN) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_error err = { 0 };
    ll_site_ask ask;
    char *text = malloc(size + 1), *parts[3] = { 0 };
    memcpy(text, data, size);
    text[size] = 0;
    char *at = text;
    for (int i = 0; i < 3; i++) {
        parts[i] = at;
        at += strcspn(at, "\n");
        if (i < 2 && *at) *at++ = 0;
    }
    const ll_site_route *reads = ll_site_route_at(parts[0], false), *writes = ll_site_route_at("/api/seal", true);
    if (reads) check(reads, &ask, ll_site_ask_query(&ask, reads, parts[1], &house, &err), &err);
    err = (ll_error) { 0 };
    const char *body = parts[2];
    check(writes, &ask, ll_site_ask_body(&ask, writes, body, size - (size_t)(body - text), &house, &err), &err);
    check_guard(parts[0], parts[1], parts[2]);
    free(text);
    return 0;
}
