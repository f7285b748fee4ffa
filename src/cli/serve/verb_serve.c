#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/system/file.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/serve/page_files.h"
#include "cli/store_named.h"
#include "sweep/serving/models_service.h"

enum { TOKEN_MIN = 16, TOKEN_MAX = 512, OTHERS = 64 }; /* OTHERS: connections that are no stream */

typedef struct serve_args {
    char store[LL_OPTION_TEXT], listen[LL_OPTION_TEXT], names[LL_OPTION_TEXT], token_file[LL_OPTION_TEXT];
    char policy[LL_OPTION_TEXT], key[LL_OPTION_TEXT];
    int64_t port, threads;
    bool models;
} serve_args;

#define AT(field) offsetof(serve_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "port", LL_OPT_INT, AT(port), "8080", "the port; 0: one that is free", .max = 65535 },
    { "token_file", LL_OPT_TEXT, AT(token_file), "",
      "a file with a secret of at least 16 signs: who shows it may seal; without, all may read and nobody write" },
    { "listen", LL_OPT_TEXT, AT(listen), "127.0.0.1",
      "an IPv4 address of this machine; another than 127.0.0.1 needs --token-file, also to read" },
    { "names", LL_OPT_TEXTS, AT(names), "", "names that the machine is reached by, beside its address" },
    { "policy", LL_OPT_TEXTS, AT(policy), "", "policies that the page shows the answers of" },
    { "key", LL_OPT_TEXT, AT(key), "",
      "file of a secret key of 'gate keygen', to sign what is sealed on the page" },
    { "models", LL_OPT_BOOL, AT(models), "false",
      "the done runs of the store too, behind OpenAI's /v1/completions" },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads of a model; 0: all cores", .max = 1024 },
};
#undef AT

/* Waits for Ctrl-C or SIGTERM, which are blocked in every thread. */
static void wait_for_end(const sigset_t *ends) {
    int signal;
    while (sigwait(ends, &signal) != 0) {
    }
}

/* ---- who may ask ---- */

static ll_status read_token(ll_http_guard *guard, const char *path, ll_error *err) {
    char *text;
    size_t n;
    LL_TRY(ll_file_read(path, TOKEN_MAX, &text, &n, err));
    while (n && strchr(" \r\n\t", text[n - 1])) text[--n] = 0;
    const bool good = n >= TOKEN_MIN && strlen(text) == n && !strpbrk(text, " \r\n\t");
    const ll_status status =
        good ? ll_http_guard_token(guard, text, err)
             : LL_FAIL(err, LL_EINPUT, "%s: expected a secret of %d to %d signs without blanks, on one line", path,
                       TOKEN_MIN, TOKEN_MAX);
    memset(text, 0, n);
    free(text);
    return status;
}

static ll_status make_guard(const serve_args *a, ll_http_guard *guard, ll_error *err) {
    *guard = (ll_http_guard) { .names = a->names, .wide = strcmp(a->listen, "127.0.0.1") != 0 };
    if (*a->token_file) return read_token(guard, a->token_file, err);
    if (!guard->wide) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "serve: --listen %.60s lets other machines read: expected --token-file FILE beside it",
                   a->listen);
}

/* ---- serving ---- */

/* A stream is an open file, and many systems begin with 1,024 of them. */
static void allow_files(void) {
    const rlim_t wanted = 2 * (LL_SITE_STREAMS + OTHERS);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) return;
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &files);
}

static void say_where(const serve_args *a, int port) {
    const char *host = strcmp(a->listen, "0.0.0.0") == 0 ? "127.0.0.1" : a->listen;
    if (ll_n_page_files) ll_say("%s is at http://%s:%d/; Ctrl-C ends it\n", a->store, host, port);
    else
        ll_say(
            "%s is at http://%s:%d/api/page as JSON; Ctrl-C ends it. This build has no page: it was made without "
            "npm\n",
            a->store, host, port);
    if (a->models) ll_say("the done runs of %s are models at http://%s:%d/v1\n", a->store, host, port);
    ll_cli_flush();
}

static ll_status serve_services(const serve_args *a, const ll_http_guard *guard, ll_site *site,
                                ll_models_service *models, const sigset_t *ends, ll_error *err) {
    ll_http_server *server;
    const ll_http_service services[] = { { ll_site_routes, LL_SITE_ROUTES, site },
                                         { ll_models_routes, LL_MODELS_ROUTES, models } };
    const ll_http_server_opts opts = { .address = a->listen,
                                       .port = (int)a->port,
                                       .connections = LL_SITE_STREAMS + OTHERS,
                                       .services = services,
                                       .n_services = models ? 2 : 1,
                                       .guard = guard,
                                       .refusal = ll_site_refusal };
    allow_files();
    LL_TRY(ll_http_server_start(&server, &opts, err));
    say_where(a, ll_http_server_port(server));
    wait_for_end(ends);
    ll_site_close(site);
    ll_http_server_stop(server);
    return LL_OK;
}

static ll_status serve(const serve_args *a, const sigset_t *ends, ll_error *err) {
    ll_http_guard guard;
    ll_site *site = NULL;
    ll_models_service *models = NULL;
    LL_TRY(make_guard(a, &guard, err));
    const ll_site_opts opts = { .store = a->store,
                                .version = LL_VERSION,
                                .guard = &guard,
                                .policies = a->policy,
                                .key = *a->key ? a->key : NULL,
                                .models = a->models,
                                .files = ll_page_files,
                                .n_files = ll_n_page_files };
    ll_status status = ll_site_new(&site, &opts, err);
    if (status == LL_OK && a->models) status = ll_models_service_new(&models, a->store, (int)a->threads, err);
    if (status == LL_OK) status = serve_services(a, &guard, site, models, ends, err);
    ll_models_service_free(models);
    ll_site_free(site);
    return status;
}

static int run_serve(const ll_verb *verb, int argc, char **argv) {
    serve_args a;
    ll_words words;
    ll_error err = { 0 };
    sigset_t ends;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("serve: unexpected word '%.80s'", words.at[0]);
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    return serve(&a, &ends, &err) == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

const ll_verb ll_verb_serve = {
    "serve",
    "one page of a store to look at while a ladder trains, its numbers as JSON, its trained models",
    "usage: loglog serve [--store FILE] [--port N] [--token-file FILE] [--models]\n\n"
    "A page to keep open: what trains, what the law says, what to buy next. Its numbers are those of the verbs, "
    "as\n"
    "JSON under /api, and they move as the store does. It listens on 127.0.0.1 alone, reads and writes nothing, "
    "and\n"
    "ends with Ctrl-C. With --token-file who shows the token may seal forecasts; with --listen other machines may\n"
    "come, each with the token: put a proxy with TLS before it, for HTTP is read on the way.\n\n"
    "With --models every done run is a model by its id or name behind OpenAI's interface: GET /v1/models, POST\n"
    "/v1/completions with prompt, max_tokens, temperature, n, stop, seed, echo and logprobs. Log-probabilities "
    "are\n"
    "those that 'probe run' gets, to the digit.\n\n"
    "  loglog serve --store loglog-demo/loglog.db\n"
    "  loglog serve --models --store loglog-demo/loglog.db\n"
    "  curl http://127.0.0.1:8080/v1/completions -H 'Content-Type: application/json' \\\n"
    "       -d '{\"prompt\": \"Once upon\", \"max_tokens\": 20}'\n",
    options,
    sizeof options / sizeof *options,
    run_serve,
};
