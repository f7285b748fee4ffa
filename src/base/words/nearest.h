/* Of the words that are known, the one that a mistyped word was meant to be.
 *
 *     ll_nearest n = { .word = "fti" };
 *     for (...) ll_nearest_try(&n, known[i]);
 *     printf("no '%s'%s", n.word, ll_nearest_hint(&n, hint));              no 'fti', did you mean 'fit'?
 */
#ifndef LL_BASE_WORDS_NEAREST_H
#define LL_BASE_WORDS_NEAREST_H

enum { LL_NEAREST_WORD = 64, LL_NEAREST_HINT = 96, LL_NEAREST_TEXT = 256 };

typedef struct ll_nearest {
    const char *word;
    char best[LL_NEAREST_WORD]; /* "": none is near */
    int distance;               /* of best: letters changed, put in, left out or swapped with their neighbour */
} ll_nearest;

/* Letters to change, put in, leave out or swap with their neighbour (optimal string alignment). na and nb letters,
 * each below LL_NEAREST_TEXT. */
int ll_nearest_distance(const char *a, int na, const char *b, int nb);

/* Words of LL_NEAREST_WORD letters or more are near to nothing. */
void ll_nearest_try(ll_nearest *n, const char *known);
void ll_nearest_try_all(ll_nearest *n, const char *known); /* words between blanks; may be NULL */

/* ", did you mean 'fit'?", or "" where nothing is near. Returns buf. */
const char *ll_nearest_hint(const ll_nearest *n, char buf[LL_NEAREST_HINT]);

#endif
