/* Fits a table and prints what a run of 70B parameters and 1.4T tokens will reach.
 *     cc fit.c -o fit $(pkg-config --cflags --libs loglog) && ./fit runs.csv */
#include <loglog/forecast.h>
#include <stdio.h>

int main(int argc, char **argv) {
    ll_error err = { 0 };
    ll_study *study = NULL;
    ll_forecast *run = NULL;
    ll_study_source source = { .table = argc > 1 ? argv[1] : "runs.csv", .law = "chinchilla" };
    if (ll_study_open(&study, &source, &err) != LL_OK || ll_forecast_of(&run, study, 70e9, 1.4e12, &err) != LL_OK) {
        fprintf(stderr, "%s\n", err.msg);
        ll_study_close(study);
        return 1;
    }
    const ll_fit *fit = ll_study_law(study);
    for (int i = 0; i < fit->law->n_params; i++)
        printf("%-6s %10.4g  [%.4g, %.4g]\n", fit->law->params[i].name, fit->params[i].value, fit->params[i].lo,
               fit->params[i].hi);
    printf("loss %.4f [%.4f, %.4f] %s, at %.3g times the largest run\n", ll_forecast_quantile(run, 0.5),
           ll_forecast_quantile(run, 0.05), ll_forecast_quantile(run, 0.95), ll_study_loss_unit(study),
           ll_forecast_reach(run));
    ll_forecast_free(run);
    ll_study_close(study);
    return 0;
}
