/* A ladder is stopped, or goes on, without its terminal. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cli/cli.h"
#include "cli/store_named.h"
#include "cli/train/launch.h"
#include "sweep/ladder_lock.h"
#include "sweep/sweep.h"

extern char **environ;

typedef struct ladder_args {
    char store[LL_OPTION_TEXT];
    bool json;
} ladder_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(ladder_args, store), "loglog.db", "the store" },
    { "json", LL_OPT_BOOL, offsetof(ladder_args, json), "false", "one JSON document" },
};

typedef struct place {
    char id[32], folder[LL_PATH_MAX], command[512];
} place;

static ll_status find(place *p, const char *store, const char *word, ll_error *err) {
    ll_store *s;
    ll_ladder l;
    char files[LL_PATH_MAX];
    LL_TRY(ll_cli_open_store(&s, store, LL_STORE_READ, err));
    const ll_status status = ll_store_get_ladder(s, word, &l, err);
    ll_store_close(s);
    LL_TRY(status);
    snprintf(p->id, sizeof p->id, "%s", l.id);
    snprintf(p->command, sizeof p->command, "%s", l.command);
    ll_ladder_clear(&l);
    LL_TRY(ll_sweep_files(files, store, err));
    return ll_file_join(p->folder, files, p->id, err);
}

static int told(const ladder_args *a, const place *p, const char *what) {
    if (!a->json) {
        ll_say("ladder %s %s\n", p->id, what);
        return LL_EXIT_DONE;
    }
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.ladder/1");
    ll_json_set_str(doc, "ladder", p->id);
    ll_json_set_str(doc, "says", what);
    return ll_cli_json(doc);
}

static int parse(const ll_verb *verb, int argc, char **argv, ladder_args *a, place *p) {
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("%s: expected one ladder, by id or name", verb->name);
    return find(p, a->store, words.n ? words.at[0] : "", &err) == LL_OK ? -1 : ll_cli_fail(&err);
}

/* ---- stop ---- */

static int run_stop(const ll_verb *verb, int argc, char **argv) {
    ladder_args a;
    place p;
    ll_error err = { 0 };
    const int code = parse(verb, argc, argv, &a, &p);
    if (code >= 0) return code;
    if (ll_ladder_ask_to_stop(p.folder, p.id, &err) == LL_OK) return told(&a, &p, "is asked to stop");
    if (a.json && err.code == LL_ESTATE) (void)told(&a, &p, "is not at work");
    return ll_cli_fail(&err);
}

/* ---- start ---- */

/* In a session of its own and in folder, "": this one; what it says goes to log. */
static ll_status spawn(pid_t *pid, char *const argv[], const char *folder, const char *log, ll_error *err) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    if (*folder) posix_spawn_file_actions_addchdir_np(&files, folder);
    const int failed = posix_spawn(pid, argv[0], &files, &how, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return failed ? LL_FAIL(err, LL_EIO,
                            "cannot start it in %s, where 'run' was called: %s; 'run' goes on from elsewhere",
                            *folder ? folder : ".", strerror(failed))
                  : LL_OK;
}

enum { LOOKS = 10 }; /* a ladder that is done is let go at once */

/* It has the ladder, or has ended: with 0 where all is done. */
static ll_status wait_for_it(pid_t pid, const place *p, const char *log, const char **what, ll_error *err) {
    int how = 0, at_work = 0;
    *what = "goes on";
    for (; waitpid(pid, &how, WNOHANG) == 0; poll(NULL, 0, 50))
        if ((at_work += ll_ladder_is_at_work(p->folder)) > LOOKS) return LL_OK;
    *what = "is done";
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return LL_OK;
    return LL_FAIL(err, LL_EIO, "ladder %s did not go on: %s says why", p->id, log);
}

/* From whatever folder. A server's store is an address. */
static ll_status absolute(char out[LL_PATH_MAX], const char *path, ll_error *err) {
    if (strstr(path, "://")) return ll_file_join(out, "", path, err);
    return ll_file_whole(out, path, err);
}

/* A record of the command is cut where it is long. */
static bool may_have_a_policy(const char *command) {
    return strstr(command, "--policy") || strlen(command) + 2 >= sizeof((place *)NULL)->command;
}

static ll_status start(const ladder_args *a, const place *p, const char **what, ll_error *err) {
    char spec[LL_PATH_MAX], log[LL_PATH_MAX], store[LL_PATH_MAX], in_store[LL_PATH_MAX + 16], folder[LL_PATH_MAX];
    ll_how how;
    ll_how_flag flag[LL_HOW_FLAGS];
    pid_t pid;
    if (ll_ladder_is_at_work(p->folder))
        return LL_FAIL(err, LL_ESTATE, "ladder %s is being worked on by another process", p->id);
    LL_TRY(ll_file_join(spec, p->folder, "spec.yaml", err));
    if (access(spec, R_OK) != 0)
        return LL_FAIL(err, LL_ESTATE, "ladder %s was not trained here: there is no %s", p->id, spec);
    LL_TRY(absolute(folder, p->folder, err));
    LL_TRY(ll_file_join(spec, folder, "spec.yaml", err));
    LL_TRY(ll_file_join(log, folder, "run.log", err));
    LL_TRY(absolute(store, a->store, err));
    LL_TRY(ll_how_load(&how, folder, err));
    if (!*how.folder && may_have_a_policy(p->command))
        return LL_FAIL(err, LL_ESTATE,
                       "ladder %s: there is no %s/how.yaml; its own command asks the policy again: %s", p->id,
                       folder, p->command);
    const int n = ll_how_flags(&how, flag);
    char program[] = "/proc/self/exe", verb[] = "run", quiet[] = "--quiet";
    char *argv[5 + LL_HOW_FLAGS + 1] = { program, verb, spec, in_store, quiet };
    snprintf(in_store, sizeof in_store, "--store=%s", store);
    for (int i = 0; i < n; i++) argv[5 + i] = flag[i];
    LL_TRY(spawn(&pid, argv, how.folder, log, err));
    return wait_for_it(pid, p, log, what, err);
}

static int run_start(const ll_verb *verb, int argc, char **argv) {
    ladder_args a;
    place p;
    const char *what = "";
    ll_error err = { 0 };
    const int code = parse(verb, argc, argv, &a, &p);
    if (code >= 0) return code;
    if (start(&a, &p, &what, &err) != LL_OK) return ll_cli_fail(&err);
    return told(&a, &p, what);
}

const ll_verb ll_verb_ladder_stop = {
    "ladder stop",
    "ask who trains a ladder to stop, as Ctrl-C does",
    "usage: loglog ladder stop [LADDER]\n"
    "\n"
    "LADDER is an id or a name; the newest where nothing is said. Its runs end with checkpoints, and\n"
    "'ladder start' or the command that began it goes on. It comes back before they have ended.\n"
    "\n"
    "example: loglog ladder stop demo\n",
    options,
    sizeof options / sizeof *options,
    run_stop
};

const ll_verb ll_verb_ladder_start = {
    "ladder start",
    "go on with a ladder of the store, in the background",
    "usage: loglog ladder start [LADDER]\n"
    "\n"
    "LADDER is an id or a name; the newest where nothing is said. Trains what is not done yet, by the\n"
    "spec that lies in the ladder's folder and as 'run' was last told: with its policy, which is asked\n"
    "again, its ledger, its bound on memory, from its folder. What it says goes to run.log there.\n"
    "\n"
    "example: loglog ladder start demo\n",
    options,
    sizeof options / sizeof *options,
    run_start
};
