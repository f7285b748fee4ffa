#include "sweep/site/site_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/http/http_query.h"
#include "base/system/file.h"

enum { TEXT_MAX = 1 << 16 };

/* ---- words ---- */

/* Words are kept by their places until the last: the block may move. */
static ll_status add(ll_site_ask *ask, const char *a, const char *b, const char *c, ll_error *err) {
    const size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
    if (ask->argc == LL_SITE_WORDS || ask->size + n > TEXT_MAX)
        return LL_FAIL(err, LL_EINPUT, "more than %d options", LL_SITE_WORDS);
    if (ask->size + n > ask->room) {
        char *bigger = realloc(ask->text, 2 * ask->room + n + 1024);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for a request");
        ask->text = bigger;
        ask->room = 2 * ask->room + n + 1024;
    }
    snprintf(ask->text + ask->size, n, "%s%s%s", a, b, c);
    ask->size += n;
    ask->argc++;
    return LL_OK;
}

static void end_words(ll_site_ask *ask) {
    const char *at = ask->text;
    for (int i = 0; i < ask->argc; i++, at += strlen(at) + 1) ask->argv[i] = at;
    ask->argv[ask->argc] = NULL;
}

static ll_status begin(ll_site_ask *ask, const ll_site_route *route, const ll_site_house *house, ll_error *err) {
    char verb[64];
    *ask = (ll_site_ask) { 0 };
    LL_TRY(add(ask, house->program, "", "", err));
    snprintf(verb, sizeof verb, "%s", route->verb);
    for (char *at = verb; *at;) {
        const size_t n = strcspn(at, " ");
        const bool more = at[n] == ' ';
        at[n] = 0;
        LL_TRY(add(ask, at, "", "", err));
        at += n + more;
    }
    LL_TRY(add(ask, "--json", "", "", err));
    if (route->fixed) LL_TRY(add(ask, route->fixed, "", "", err));
    if (route->signs && house->key) LL_TRY(add(ask, "--key=", house->key, "", err));
    return route->stores ? add(ask, "--store=", house->store, "", err) : LL_OK;
}

/* ---- one option ---- */

static bool is_name(const char *value) {
    static const char signs[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *value && strspn(value, signs) == strlen(value);
}

static ll_status add_word(ll_site_ask *ask, const char *word, ll_error *err) {
    if (!*word || *word == '-') return LL_FAIL(err, LL_EINPUT, "arg: expected a name, not '%.80s'", word);
    return add(ask, word, "", "", err);
}

static ll_status add_list(ll_site_ask *ask, const char *list, ll_error *err) {
    char word[LL_HTTP_VALUE];
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        LL_TRY(add_word(ask, word, err));
    }
    return LL_OK;
}

/* The policy that is called so: by its file's name alone, as /api/page lists it. */
static ll_status add_policy(ll_site_ask *ask, const char *name, const ll_site_house *house, ll_error *err) {
    char path[LL_PATH_MAX];
    for (const char *at = house->policies ? house->policies : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t n = strcspn(at, ",");
        if (n >= sizeof path) continue;
        memcpy(path, at, n);
        path[n] = 0;
        if (strcmp(ll_file_name(path), name) == 0) return add(ask, path, "", "", err);
    }
    return LL_FAIL(err, LL_EINPUT, "policy: '%.80s' is none of those that 'serve --policy' was given", name);
}

static ll_status add_flag(ll_site_ask *ask, const char *key, const char *value, bool valued, ll_error *err) {
    const bool yes = !valued || strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
    if (!yes && strcmp(value, "0") != 0 && strcmp(value, "false") != 0)
        return LL_FAIL(err, LL_EINPUT, "%s: expected 1 or 0, not '%.40s'", key, value);
    return yes ? add(ask, "--", key, "", err) : LL_OK;
}

static ll_status add_option(ll_site_ask *ask, const ll_site_route *route, const ll_site_house *house,
                            const char *key, const char *value, bool valued, ll_error *err) {
    char flag[LL_HTTP_KEY + 4];
    if (route->words && strcmp(key, "arg") == 0) return add_word(ask, value, err);
    if (route->policied && strcmp(key, "policy") == 0) return add_policy(ask, value, house, err);
    const ll_site_kind kind = ll_site_kind_of(route, key);
    if (kind == LL_SITE_UNKNOWN)
        return LL_FAIL(err, LL_EINPUT, "%s has no option '%.40s': /api/page lists them", route->path, key);
    if (kind == LL_SITE_FLAG) return add_flag(ask, key, value, valued, err);
    if (!valued) return LL_FAIL(err, LL_EINPUT, "%s: expected %s=VALUE", key, key);
    if (route->words && strcmp(key, "runs") == 0) return add_list(ask, value, err);
    if (kind == LL_SITE_NAME && !is_name(value))
        return LL_FAIL(err, LL_EINPUT, "%s: expected a name of letters and digits, not '%.40s'", key, value);
    snprintf(flag, sizeof flag, "--%s=", key);
    return add(ask, flag, value, "", err);
}

/* ---- whole requests ---- */

static ll_status check_policy(const ll_site_route *route, int asked, ll_error *err) {
    if (!route->policied || asked == 1) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: expected policy=NAME once", route->path);
}

ll_status ll_site_ask_query(ll_site_ask *ask, const ll_site_route *route, const char *query,
                            const ll_site_house *house, ll_error *err) {
    ll_http_pair p;
    int policies = 0;
    LL_TRY(begin(ask, route, house, err));
    while (*query) {
        LL_TRY(ll_http_query_next(&query, &p, err));
        LL_TRY(add_option(ask, route, house, p.key, p.value, p.valued, err));
        policies += strcmp(p.key, "policy") == 0;
    }
    LL_TRY(check_policy(route, policies, err));
    end_words(ask);
    return LL_OK;
}

static bool is_printable(const char *text, size_t max) {
    size_t n = 0;
    for (; text[n]; n++)
        if ((unsigned char)text[n] < 0x20 || text[n] == 0x7f) return false;
    return n < max;
}

static ll_status value_text(const ll_json *v, const char *key, char *out, size_t size, ll_error *err) {
    bool truth;
    const char *text = ll_json_as_str(v);
    const double number = ll_json_as_num(v);
    if (text && is_printable(text, size)) snprintf(out, size, "%s", text);
    else if (!text && ll_json_as_bool(v, &truth)) snprintf(out, size, truth ? "true" : "false");
    else if (number == number) snprintf(out, size, "%.17g", number);
    else return LL_FAIL(err, LL_EINPUT, "options.%.40s: expected a number, true, false or a text of one line", key);
    return LL_OK;
}

static ll_status add_options(ll_site_ask *ask, const ll_site_route *route, const ll_json *options,
                             const ll_site_house *house, ll_error *err) {
    const ll_json *v;
    char value[LL_HTTP_VALUE];
    for (const char *key = ll_json_next(options, NULL, &v); key; key = ll_json_next(options, key, &v)) {
        if (!is_printable(key, LL_HTTP_KEY)) return LL_FAIL(err, LL_EINPUT, "options: a key is no option's name");
        LL_TRY(value_text(v, key, value, sizeof value, err));
        LL_TRY(add_option(ask, route, house, key, value, true, err));
    }
    return LL_OK;
}

ll_status ll_site_ask_body(ll_site_ask *ask, const ll_site_route *route, const char *body, size_t size,
                           const ll_site_house *house, ll_error *err) {
    ll_json *doc;
    LL_TRY(begin(ask, route, house, err));
    LL_TRY(ll_json_parse(body, size, "the request", &doc, err));
    const ll_json *options = ll_json_get(doc, "options");
    const ll_status status =
        ll_json_kind_of(options) == LL_JSON_OBJECT
            ? add_options(ask, route, options, house, err)
            : LL_FAIL(err, LL_EINPUT, "the request: expected an object with the key 'options', an object");
    ll_json_free(doc);
    LL_TRY(status);
    end_words(ask);
    return LL_OK;
}

void ll_site_ask_clear(ll_site_ask *ask) {
    free(ask->text);
    *ask = (ll_site_ask) { 0 };
}
