#define _DEFAULT_SOURCE
#include "cli/show_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/print.h"
#include "fit/fit_json.h"
#include "report/terminal.h"

enum { STEPS = 128, WIDEST = 100, HEIGHT = 20 };

static int columns(void) {
    struct winsize w = { 0 };
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40;
    return known && w.ws_col < WIDEST ? w.ws_col - 1 : known ? WIDEST : 79;
}

void ll_show_plot(const ll_fit_told *told) {
    const ll_fit *fit = &told->study->fit;
    const ll_reach *r = &told->diagnosis->reach;
    const bool one = ll_law_is_of_x(fit->law);
    double at[STEPS], law[STEPS], x[LL_VAR_COUNT];
    char title[96], *text;
    ll_error err = { 0 };
    if (!told->diagnosis->aims) return;
    for (int k = 0; k < STEPS; k++) {
        double C = r->lo * pow(r->target / r->lo, k / (STEPS - 1.0));
        ll_reach_point(r, fit->law, C, x);
        at[k] = one ? x[LL_VAR_X] : C;
        law[k] = fit->law->eval(fit->optima[0].params, x);
    }
    snprintf(title, sizeof title, "loss, %s", told->study->loss_unit);
    const ll_terminal_plot plot = { one ? ll_var_name(told->study->along) : "flops",
                                    title,
                                    fit->n,
                                    one ? fit->data.x[LL_VAR_X] : r->C,
                                    fit->data.loss,
                                    STEPS,
                                    at,
                                    law,
                                    columns(),
                                    HEIGHT };
    if (ll_terminal_draw(&plot, &text, &err) != LL_OK) {
        ll_say("no plot: %s\n", err.msg);
        return;
    }
    ll_say_lines(text);
    free(text);
}
