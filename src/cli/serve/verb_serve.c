#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/store_named.h"
#include "sweep/serving/models_service.h"

typedef struct serve_args {
    char store[LL_OPTION_TEXT];
    int64_t port, threads;
    bool models;
} serve_args;

#define AT(field) offsetof(serve_args, field)
static const ll_option options[] = {
    { "models", LL_OPT_BOOL, AT(models), "false", "the done runs of the store, behind OpenAI's /v1/completions" },
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "port", LL_OPT_INT, AT(port), "8080", "the port on 127.0.0.1; 0: one that is free", .max = 65535 },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads of a model; 0: all cores", .max = 1024 },
};
#undef AT

/* Waits for Ctrl-C or SIGTERM, which are blocked in every thread. */
static void wait_for_end(const sigset_t *ends) {
    int signal;
    while (sigwait(ends, &signal) != 0) {
    }
}

static ll_status serve(const serve_args *a, const sigset_t *ends, ll_error *err) {
    ll_models_service *models;
    ll_http_server *server;
    LL_TRY(ll_models_service_new(&models, a->store, (int)a->threads, err));
    const ll_http_server_opts opts = {
        .port = (int)a->port, .routes = ll_models_routes, .n_routes = LL_MODELS_ROUTES, .ctx = models
    };
    const ll_status status = ll_http_server_start(&server, &opts, err);
    if (status == LL_OK) {
        ll_say("the done runs of %s are models at http://127.0.0.1:%d/v1; Ctrl-C ends it\n", a->store,
               ll_http_server_port(server));
        ll_cli_flush();
        wait_for_end(ends);
        ll_http_server_stop(server);
    }
    ll_models_service_free(models);
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
    if (!a.models) return ll_cli_usage("serve: expected --models, which says what is served");
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    return serve(&a, &ends, &err) == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

const ll_verb ll_verb_serve = {
    "serve",
    "serve the trained models of a store to other programs of this machine",
    "usage: loglog serve --models [--store FILE] [--port N]\n\n"
    "Every done run is a model by its id or name behind OpenAI's interface: GET /v1/models, POST /v1/completions "
    "with\n"
    "prompt, max_tokens, temperature, n, stop, seed, echo and logprobs. Log-probabilities are those that 'probe "
    "run'\n"
    "gets, to the digit. It listens on 127.0.0.1 alone, writes nothing, and ends with Ctrl-C.\n\n"
    "  loglog serve --models --store loglog-demo/loglog.db\n"
    "  curl http://127.0.0.1:8080/v1/completions -H 'Content-Type: application/json' \\\n"
    "       -d '{\"prompt\": \"Once upon\", \"max_tokens\": 20}'\n",
    options,
    sizeof options / sizeof *options,
    run_serve,
};
