/* 'top' in a terminal of a few widths: no line is wider than it, names cannot move its cursor, keys do what they
 * say, and the terminal is given back. */
#define _GNU_SOURCE
#include "scratch_program.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/words/text.h"
#include "store/store.h"

#define LADDER "00000000000000aa"

static void put_rung(ll_store *s, int i) {
    ll_run r;
    ll_run_init(&r);
    snprintf(r.id, sizeof r.id, LADDER "/r%d", i);
    snprintf(r.ladder, sizeof r.ladder, LADDER);
    snprintf(r.name, sizeof r.name, i == 3 ? "evil\x1b[2J\xe4\xb8\xad\xe6\x96\x87" : "rung-%d", i);
    r.state = i < 2 ? LL_RUN_RUNNING : i == 2 ? LL_RUN_FAILED : i < 6 ? LL_RUN_PLANNED : LL_RUN_DONE;
    if (i == 2) snprintf(r.failure, sizeof r.failure, "out of memory at step 7, and then%0*d", 150, 0);
    r.params = 1000.0 * (i + 1);
    r.tokens = 1e6;
    r.flops = 6 * r.params * r.tokens;
    if (i >= 6) r.loss = 3.0 - 0.1 * i;
    assert_ok(ll_store_put_run(s, &r, err));
    for (int step = 1; step <= 100 && i != 4; step += 3) {
        const ll_point p = {
            .step = step, .tokens = 1e4 * step, .loss = 2 + 3 / (double)(step + i), .se = NAN, .train_loss = NAN
        };
        assert_ok(ll_store_put_point(s, r.id, &p, err));
    }
}

/* Twenty rungs, one of a name that would wipe the screen. */
static int set_up(void **state) {
    char db[LL_PATH_MAX];
    ll_store *s;
    const ll_ladder l = {
        .id = LADDER, .name = "made", .spec = "", .data = "{}", .created = "2026-11-29T00:00:00Z"
    };
    scratch_make(state);
    assert_ok(ll_file_join(db, folder, "s.db", err));
    assert_ok(ll_store_open(&s, db, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &l, err));
    for (int i = 0; i < 20; i++) put_rung(s, i);
    ll_store_close(s);
    return 0;
}

/* ---- a terminal ---- */

typedef struct screen {
    int fd;
    pid_t pid;
    int columns, rows;
    size_t n;
    char told[1 << 20];
} screen;

static screen t;

static void open_screen(int columns, int rows, const char *locale) {
    const struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows };
    t.columns = columns, t.rows = rows, t.n = 0;
    t.pid = forkpty(&t.fd, NULL, NULL, &size);
    assert_true(t.pid >= 0);
    if (t.pid == 0) {
        setenv("LC_ALL", locale, 1);
        setenv("TERM", "xterm-256color", 1);
        unsetenv("NO_COLOR");
        if (chdir(folder) == 0) execl("/bin/sh", "sh", "-c", "exec " LL_PROGRAM " top --store s.db", (char *)NULL);
        _exit(127);
    }
}

/* Reads what it draws until the words stand in it. */
static void until(const char *words) {
    const double began = ll_clock_now();
    for (;;) {
        struct pollfd p = { t.fd, POLLIN, 0 };
        t.told[t.n] = 0;
        if (strstr(t.told, words)) return;
        if (ll_clock_now() - began > 60) break;
        if (poll(&p, 1, 200) <= 0) continue;
        const ssize_t got = read(t.fd, t.told + t.n, sizeof t.told - 1 - t.n);
        if (got <= 0) break;
        t.n += (size_t)got;
    }
    fail_msg("'%s' is not shown", words);
}

static void press(const char *keys, const char *words) {
    t.n = 0;
    assert_int_equal(write(t.fd, keys, strlen(keys)), strlen(keys));
    until(words);
}

/* keys "": by a signal. */
static void close_screen(const char *keys) {
    int status;
    t.n = 0;
    if (*keys) assert_int_equal(write(t.fd, keys, strlen(keys)), strlen(keys));
    else kill(t.pid, SIGTERM);
    until("\x1b[?1049l");
    says(t.told, "\x1b[?25h");
    assert_int_equal(waitpid(t.pid, &status, 0), t.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(t.fd);
}

/* Behind an escape of ours; there may be none of anybody else. */
static const char *skip_escape(const char *at) {
    const char *p = at + 1;
    assert_int_equal(*p, '[');
    for (p++; *p && strchr("0123456789;?", *p); p++) continue;
    if (!strchr("mHKhl", *p)) fail_msg("an escape that is nobody's: %.8s", at + 1);
    return p + 1;
}

/* No line is wider than the terminal, and a frame has as many as it has rows. */
static void check_lines(void) {
    int columns = 0, lines = 0, used, most = 0;
    char shown[LL_TEXT_SHOWN];
    for (const char *at = t.told; *at; at += used) {
        used = 1;
        if (*at == '\x1b') {
            used = (int)(skip_escape(at) - at);
            if (strncmp(at, "\x1b[H", 3) == 0) columns = lines = 0;
        } else if (*at == '\r') columns = 0;
        else if (*at == '\n') most = ++lines > most ? lines : most;
        else {
            ll_text_shown(at, &used, shown);
            columns += ll_text_columns(at, used);
            if (columns > t.columns) fail_msg("a line is wider than %d", t.columns);
        }
    }
    assert_int_equal(most, t.rows - 1);
}

static void lines_fit(void **state) {
    (void)state;
    static const int columns[] = { 60, 61, 75, 80, 88, 120, 200 };
    static const int rows[] = { 12, 24, 60 };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        open_screen(columns[i], rows[i % 3], i % 2 ? "C" : "C.UTF-8");
        until("q quit");
        press("j", "q quit");
        check_lines();
        close_screen("q");
    }
}

static void it_shows_the_ladder(void **state) {
    (void)state;
    open_screen(100, 50, "C.UTF-8");
    until("q quit");
    says(t.told, "made");
    says(t.told, "14 done");
    says(t.told, "1 failed");
    says(t.told, "out of memory at step 7");
    says(t.told, "evil\\x1b[2J\xe4\xb8\xad");
    says(t.told, "tokens");
    says(t.told, "1.4000"); /* of rung-16 */
    press("x", "steps");
    press("x", "FLOPs, 6ND");
    press("\x1b[B", "q quit");
    press("o", "q quit");
    press(" ", "paused");
    press(" G", "q quit");
    press("\x1b[5~\x1b[6~\x1b[Hzz\x1b\x1b[", "q quit");
    close_screen("q");
    open_screen(100, 50, "C.UTF-8");
    until("q quit");
    close_screen("");
}

static void it_wants_a_terminal(void **state) {
    (void)state;
    gives("top --store s.db", 2);
    says(err_text, "status --watch");
}

/* It ends when nobody reads. */
static void status_watches(void **state) {
    (void)state;
    char line[1024];
    snprintf(line, sizeof line, "cd '%.400s' && " LL_PROGRAM " status --watch --store s.db | head -1", folder);
    FILE *in = popen(line, "r");
    assert_non_null(fgets(line, sizeof line, in));
    says(line, "made ");
    says(line, "14 done, 1 failed");
    pclose(in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fit),
        cmocka_unit_test(it_shows_the_ladder),
        cmocka_unit_test(it_wants_a_terminal),
        cmocka_unit_test(status_watches),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
