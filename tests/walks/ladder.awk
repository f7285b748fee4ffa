# A table of runs of a made-up recipe: E + A/N^alpha + B/D^beta with noise of one seed's size, in nats per token.
#
#     awk -v seed=1 [-v A=480 -v B=2080 -v E=1.7 -v rungs=5 -v name=base] -f ladder.awk > runs.csv
#
# isoFLOP: at each budget from 1e18 by factors of 4, five sizes about 20 tokens a parameter. The generator is of
# integers below 2^53 (a multiplier of Park and Miller), so that every awk writes the same table.
function uniform() {
    state = (state * 16807) % 2147483647
    return state / 2147483647
}
function normal() {
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform())
}
BEGIN {
    if (!E) E = 1.7
    if (!A) A = 480
    if (!B) B = 2080
    if (!alpha) alpha = 0.34
    if (!beta) beta = 0.36
    if (!rungs) rungs = 5
    if (!noise) noise = 0.002
    if (!name) name = "base"
    state = 12345 + 7919 * seed
    for (i = 0; i < 10; i++) uniform()
    print "run,params,tokens,recipe,loss"
    for (r = 0; r < rungs; r++)
        for (k = -2; k <= 2; k++) {
            C = 1e18 * 4 ^ r
            N = sqrt(C / 120) * 2 ^ (k / 2)
            D = C / (6 * N)
            L = (E + A / N ^ alpha + B / D ^ beta) * exp(noise * normal())
            printf "%s-%d-%d,%.0f,%.0f,%s,%.5f\n", name, r + 1, k + 3, N, D, name, L
        }
}
