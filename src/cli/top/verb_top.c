#define _DEFAULT_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "cli/cli.h"
#include "cli/show/show_plot.h"
#include "cli/store_named.h"
#include "cli/top/top_frame.h"

#define REFRESH_S 1.0 /* and ten times as long as asking takes */
#define SHARE 10

typedef struct top_args {
    char store[LL_OPTION_TEXT];
} top_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(top_args, store), "loglog.db", "the store" },
};

/* ---- the terminal ---- */

static volatile sig_atomic_t ended;

static void on_end(int signal) {
    (void)signal;
    ended = 1;
}

static void on_resize(int signal) { /* poll returns */
    (void)signal;
}

static void listen_to_signals(void) {
    sigaction(SIGINT, &(struct sigaction) { .sa_handler = on_end }, NULL);
    sigaction(SIGTERM, &(struct sigaction) { .sa_handler = on_end }, NULL);
    sigaction(SIGHUP, &(struct sigaction) { .sa_handler = on_end }, NULL);
    sigaction(SIGWINCH, &(struct sigaction) { .sa_handler = on_resize }, NULL);
}

/* Keys come at once and are not shown; what stood on the screen comes back at the end. */
static void take_terminal(struct termios *before) {
    struct termios raw;
    tcgetattr(STDIN_FILENO, before);
    raw = *before;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    raw.c_cc[VSUSP] = _POSIX_VDISABLE;
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    ll_say_drawing("\x1b[?1049h\x1b[?25l\x1b[?7l");
}

static void give_terminal_back(const struct termios *before) {
    ll_say_drawing("\x1b[?7h\x1b[?25h\x1b[?1049l");
    ll_cli_flush();
    tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
}

static void measure(ll_top_view *v) {
    struct winsize w = { 0 };
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col && w.ws_row;
    v->width = known ? w.ws_col : 80;
    v->height = known ? w.ws_row : 24;
}

/* Over the frame before: each line is wiped first, for behind its last column there is nothing to wipe from. */
static bool show(const ll_top_data *d, ll_top_view *v) {
    measure(v);
    char *text = ll_top_frame(d, v), *rest = text;
    if (!text) return false;
    ll_say_drawing("\x1b[H");
    for (char *line; (line = strsep(&rest, "\n"));) {
        ll_say_drawing("\x1b[K");
        ll_say_drawing(line);
        if (rest) ll_say_drawing("\r\n");
    }
    free(text);
    return ll_cli_flush() == LL_EXIT_DONE;
}

/* ---- keys ---- */

typedef enum key { NONE = 0, UP = 256, DOWN, PAGE_UP, PAGE_DOWN, HOME, END } key;

/* The next key of what was typed, and how many bytes it takes. */
static int read_key(const char *typed, size_t n, size_t *used) {
    static const struct {
        const char *bytes;
        int key;
    } keys[] = { { "\x1b[A", UP },   { "\x1b[B", DOWN },     { "\x1bOA", UP },
                 { "\x1bOB", DOWN }, { "\x1b[5~", PAGE_UP }, { "\x1b[6~", PAGE_DOWN },
                 { "\x1b[H", HOME }, { "\x1b[F", END },      { "k", UP },
                 { "j", DOWN },      { "g", HOME },          { "G", END } };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        *used = strlen(keys[i].bytes);
        if (*used <= n && strncmp(typed, keys[i].bytes, *used) == 0) return keys[i].key;
    }
    *used = 1;
    return (unsigned char)*typed;
}

static void choose(const ll_top_data *d, ll_top_view *v, int64_t at) {
    if (at >= d->n) at = d->n - 1;
    if (at < 0) at = 0;
    if (at < d->n) snprintf(v->chosen, sizeof v->chosen, "%s", d->rungs[at].name);
}

/* False: it ends. *anew: other data are wanted. */
static bool act(int key, ll_top_data *d, ll_top_view *v, bool *anew) {
    switch (key) {
    case 'q': return false;
    case UP: choose(d, v, v->at - 1); break;
    case DOWN: choose(d, v, v->at + 1); break;
    case PAGE_UP: choose(d, v, v->at - v->height / 2); break;
    case PAGE_DOWN: choose(d, v, v->at + v->height / 2); break;
    case HOME: choose(d, v, 0); break;
    case END: choose(d, v, d->n - 1); break;
    case 'x': v->axis = (v->axis + 1) % LL_TOP_AXES; break;
    case 'o': v->alone = !v->alone; break;
    case ' ': v->paused = !v->paused; break;
    case '\t':
        d->ladder = d->n_ladders ? (d->ladder + 1) % d->n_ladders : 0;
        v->chosen[0] = 0;
        *anew = true;
        break;
    default: break;
    }
    return true;
}

/* Waits for keys until the time; false: it ends. A terminal that is gone ends it too. */
static bool hear(ll_top_data *d, ll_top_view *v, double until, bool *anew) {
    char typed[64];
    size_t used;
    const double left = until - ll_clock_now();
    struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
    if (poll(&p, 1, left > 0 ? (int)(1000 * left) + 1 : 0) <= 0) return !ended;
    const ssize_t n = read(STDIN_FILENO, typed, sizeof typed);
    if (n <= 0) return n < 0 && errno == EINTR;
    for (size_t at = 0; at < (size_t)n; at += used)
        if (!act(read_key(typed + at, (size_t)n - at, &used), d, v, anew)) return false;
    return !ended;
}

static void watch(ll_top_data *d, ll_top_view *v) {
    ll_error err = { 0 };
    double next = 0;
    for (bool anew = true;; anew = false) {
        if (anew || (!v->paused && ll_clock_now() >= next)) {
            v->trouble[0] = 0;
            if (ll_top_refresh(d, &err) != LL_OK) snprintf(v->trouble, sizeof v->trouble, "%.250s", err.msg);
            next = ll_clock_now() + (SHARE * d->took > REFRESH_S ? SHARE * d->took : REFRESH_S);
        }
        if (!show(d, v)) return;
        bool wanted = false;
        while (!wanted && (v->paused || ll_clock_now() < next)) {
            if (!hear(d, v, v->paused ? ll_clock_now() + REFRESH_S : next, &wanted)) return;
            if (!show(d, v)) return;
        }
        anew = wanted;
        if (wanted) next = 0;
    }
}

static int run_top(const ll_verb *verb, int argc, char **argv) {
    top_args a;
    ll_words words;
    ll_error err = { 0 };
    struct termios before;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("top: unexpected '%.80s'", words.at[0]);
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return ll_cli_usage("top: expected a terminal; 'loglog status --watch' is for a pipe");
    if (ll_cli_check_store(a.store, &err) != LL_OK) return ll_cli_fail(&err);
    ll_top_data d = { .store = a.store };
    ll_top_view v = { .unicode = ll_shows_unicode(), .colour = ll_shows_colour() };
    listen_to_signals();
    take_terminal(&before);
    watch(&d, &v);
    give_terminal_back(&before);
    ll_top_clear(&d);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_top = {
    "top",
    "a ladder as it trains, in the terminal: curves, rungs, time left",
    "usage: loglog top [--store FILE]\n"
    "\n"
    "The newest ladder of the store, anew every second: its learning curves, and each rung's progress,\n"
    "loss, speed and time left. The rung that is chosen is drawn over the others.\n"
    "\n"
    "  up, down, j, k     choose a rung       x    tokens, steps or FLOPs\n"
    "  page up, down, g, G                    o    only the chosen one's curve\n"
    "  tab                the next ladder     q    end; space holds it\n"
    "\n"
    "example: loglog top --store loglog-demo/loglog.db\n",
    options,
    sizeof options / sizeof *options,
    run_top
};
