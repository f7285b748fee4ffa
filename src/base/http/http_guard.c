#include "base/http/http_guard.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/document/sign.h"
#include "base/http/http_host.h"

enum { FORBIDDEN = 403, UNAUTHORIZED = 401, SECRET_MAX = 1024 };

ll_status ll_http_guard_token(ll_http_guard *g, const char *token, ll_error *err) {
    ll_sign_key drawn;
    LL_TRY(ll_sign_key_new(&drawn, err));
    ll_hash_of(token, strlen(token), g->token);
    snprintf(g->session, sizeof g->session, "%s", drawn.seed);
    ll_sign_key_clear(&drawn);
    return LL_OK;
}

/* ---- names ---- */

/* A host without its port; false where what follows is none. */
static bool bare(const char *host, char *out, size_t size) {
    const size_t n = strcspn(host, ":/");
    const char *port = host + n;
    if (n == 0 || n >= size) return false;
    memcpy(out, host, n);
    out[n] = 0;
    if (!*port) return true;
    return *port == ':' && port[1] && strspn(port + 1, "0123456789") == strlen(port + 1);
}

static bool is_named(const char *names, const char *host) {
    const size_t n = strlen(host);
    for (const char *at = names ? names : ""; *at; at += strcspn(at, ",")) {
        if (*at == ',') at++;
        if (strcspn(at, ",") == n && strncasecmp(at, host, n) == 0) return true;
    }
    return false;
}

static bool in_digits(const char *host) {
    return strspn(host, "0123456789.") == strlen(host);
}

static bool is_ours(const ll_http_guard *g, const char *host) {
    char name[256];
    const char *behind = ll_http_skip_here(host);
    if (behind && !*behind) return true;
    if (!bare(host, name, sizeof name)) return false;
    return is_named(g->names, name) || (g->wide && in_digits(name));
}

static bool is_own_origin(const char *origin, const char *host) {
    static const char plain[] = "http://", sealed[] = "https://"; /* behind a proxy that speaks TLS */
    if (strncmp(origin, plain, sizeof plain - 1) == 0) return strcasecmp(origin + sizeof plain - 1, host) == 0;
    return strncmp(origin, sealed, sizeof sealed - 1) == 0 && strcasecmp(origin + sizeof sealed - 1, host) == 0;
}

/* A link to the page may be followed from anywhere; everything else is fetched by the page itself. */
static bool is_of_another_site(const ll_http_head *h, ll_http_need need) {
    if (!h->fetch_site || strcmp(h->fetch_site, "same-origin") == 0 || strcmp(h->fetch_site, "none") == 0)
        return false;
    return need != LL_HTTP_OPEN || !h->fetch_mode || strcmp(h->fetch_mode, "navigate") != 0;
}

/* ---- secrets ---- */

/* Whether the texts hash to the same, in a time that depends on their lengths alone. */
static bool same_secret(const char *given, size_t n, const char hashed[LL_HASH_HEX]) {
    char hex[LL_HASH_HEX];
    volatile unsigned char differ = 0;
    if (n == 0 || n > SECRET_MAX || !*hashed) return false;
    ll_hash_of(given, n, hex);
    for (int i = 0; i < LL_HASH_HEX; i++) differ = (unsigned char)(differ | (hex[i] ^ hashed[i]));
    return differ == 0;
}

static bool has_token(const ll_http_guard *g, const ll_http_head *h) {
    static const char bearer[] = "Bearer ";
    const char *said = h->authorization;
    if (!said || strncasecmp(said, bearer, sizeof bearer - 1) != 0) return false;
    said += sizeof bearer - 1;
    said += strspn(said, " ");
    return same_secret(said, strlen(said), g->token);
}

static bool has_session(const ll_http_guard *g, const ll_http_head *h) {
    static const char name[] = LL_HTTP_SESSION "=";
    char hashed[LL_HASH_HEX];
    if (!*g->session || !h->cookie) return false;
    ll_hash_of(g->session, strlen(g->session), hashed);
    for (const char *at = h->cookie; *at; at += strcspn(at, ";")) {
        at += strspn(at, "; ");
        if (strncmp(at, name, sizeof name - 1) != 0) continue;
        at += sizeof name - 1;
        if (same_secret(at, strcspn(at, ";"), hashed)) return true;
    }
    return false;
}

/* ---- the answer ---- */

int ll_http_guard_check(const ll_http_guard *g, const ll_http_head *h, ll_http_need need, const char **why) {
    *why = "the Host is another's: expected 127.0.0.1 or localhost";
    if (!h->host || !is_ours(g, h->host)) return FORBIDDEN;
    *why = "the Origin is another's: this is asked by its own page alone";
    if (h->origin && !is_own_origin(h->origin, h->host)) return FORBIDDEN;
    if (is_of_another_site(h, need)) return FORBIDDEN;
    *why = "reading only: it was started without --token-file";
    if (need == LL_HTTP_WRITE && !*g->token) return FORBIDDEN;
    *why = "expected Authorization: Bearer with the token of --token-file";
    if (need == LL_HTTP_WRITE && !has_token(g, h)) return UNAUTHORIZED;
    if (need == LL_HTTP_READ && g->wide && !has_token(g, h) && !has_session(g, h)) return UNAUTHORIZED;
    return 0;
}
