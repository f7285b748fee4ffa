// What a budget buys, from C++: fits a table and plans for so many FLOPs.
//     c++ plan.cpp -o plan $(pkg-config --cflags --libs loglog) && ./plan runs.csv 1e22
#include <loglog/plan.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

int main(int argc, char **argv) {
    ll_error err = {};
    ll_study *opened = nullptr;
    ll_study_source source = {};
    source.table = argc > 1 ? argv[1] : "runs.csv";
    if (ll_study_open(&opened, &source, &err) != LL_OK) return std::fprintf(stderr, "%s\n", err.msg), 1;
    std::unique_ptr<ll_study, decltype(&ll_study_close)> study(opened, ll_study_close);
    ll_plan_ask ask = {};
    ask.flops = argc > 2 ? std::atof(argv[2]) : 1e22;
    ll_planned p;
    if (ll_study_plan(study.get(), &ask, &p, &err) != LL_OK) return std::fprintf(stderr, "%s\n", err.msg), 1;
    std::printf("N %.3g, D %.3g, loss %.4f [%.4f, %.4f]\n", p.params.value, p.tokens.value, p.loss.value, p.loss.lo,
                p.loss.hi);
}
