#define _GNU_SOURCE
#include "cli/show/show_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/words/text.h"
#include "cli/print.h"
#include "fit/io/fit_json.h"
#include "report/terminal.h"

enum { STEPS = 128, WIDEST = 100, HEIGHT = 20 };

static int columns(void) {
    struct winsize w = { 0 };
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40;
    return known && w.ws_col < WIDEST ? w.ws_col - 1 : known ? WIDEST : 79;
}

/* As the environment names the character set; a locale need not be installed for its name to be true. */
bool ll_shows_unicode(void) {
    static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    const char *locale = NULL;
    for (int i = 0; i < 3 && (!locale || !*locale); i++) locale = getenv(names[i]);
    return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

/* no-color.org: any value but an empty one says no. */
bool ll_shows_colour(void) {
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

void ll_show_plot(const ll_fit_told *told) {
    const ll_fit *fit = &told->study->fit;
    const ll_reach *r = &told->diagnosis->reach;
    const bool one = ll_law_is_of_x(fit->law);
    double at[STEPS], law[STEPS], x[LL_VAR_COUNT];
    char title[96], unit[64], *text;
    ll_error err = { 0 };
    if (!told->diagnosis->aims) return;
    for (int k = 0; k < STEPS; k++) {
        double C = r->lo * pow(r->target / r->lo, k / (STEPS - 1.0));
        ll_reach_point(r, fit->law, C, x);
        at[k] = one ? x[LL_VAR_X] : C;
        law[k] = fit->law->eval(fit->optima[0].params, x);
    }
    snprintf(title, sizeof title, "loss, %.60s", ll_text_visible(told->study->loss_unit, unit, sizeof unit));
    const ll_terminal_plot plot = { .x_label = one ? ll_var_name(told->study->along) : "flops",
                                    .y_label = title,
                                    .x_counts = one && told->study->along != LL_VAR_C,
                                    .n = fit->n,
                                    .x = one ? fit->data.x[LL_VAR_X] : r->C,
                                    .y = fit->data.loss,
                                    .n_line = STEPS,
                                    .at = at,
                                    .law = law,
                                    .width = columns(),
                                    .height = HEIGHT,
                                    .unicode = ll_shows_unicode(),
                                    .colour = ll_shows_colour() };
    if (ll_terminal_draw(&plot, &text, &err) != LL_OK) {
        ll_say("no plot: %s\n", err.msg);
        return;
    }
    ll_say_drawing(text);
    free(text);
}
