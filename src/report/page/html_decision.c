#include "report/page/html_decision.h"

#include "report/escape.h"
#include "report/page/html_parts.h"

bool ll_html_broken(FILE *out, const ll_evidence *e) {
    if (!*e->broken) return false;
    fputs("<p class=\"verdict no\"><strong>The ledger cannot be believed, and nothing of it is shown: ", out);
    ll_escape_html(out, e->broken);
    fputs(".</strong></p>\n", out);
    return true;
}

ll_status ll_html_decision(FILE *out, const ll_evidence *e, const ll_report_gate *gate, char missing[LL_ERROR_MAX],
                           ll_error *err) {
    ll_html_section(out, "decision", "The decision");
    fputs(
        "<p>Before the next run is paid for, four questions: what did these runs <a "
        "href=\"#forecast\">forecast</a>, "
        "and what came of it; how well have all forecasts of this ledger held, its <a "
        "href=\"#scorecard\">scorecard</a>; what would more compute buy best, the <a href=\"#plan\">plan</a>; and "
        "does a policy let it be spent, the <a href=\"#gate\">gate</a>.</p>\n",
        out);
    ll_html_forecasts(out, e);
    LL_TRY(ll_html_scorecard(out, e, missing, err));
    LL_TRY(ll_html_plan(out, e, missing, err));
    ll_html_gate(out, e, gate);
    fputs("</section>\n", out);
    return LL_OK;
}
