/* Templates: a text in which {name} stands for a value, {{ and }} for braces.
 *
 *     ll_arguments a;
 *     LL_TRY(ll_template_words(&a, "train.py --lr {lr} --out '{out}/x y' {resume}", &places, err));
 *     execvp(a.at[0], a.at);
 *     ll_arguments_free(&a);
 *
 * Words are separated by blanks and line ends; quotes, single or double, hold blanks together. A value never makes
 * more words than one, whatever is in it, except for a spliced one, {resume}, which has to be a word of its own and
 * becomes as many as its own template has: none, often. Nothing of it reaches a shell.
 */
#ifndef LL_SWEEP_COMMAND_TEMPLATE_H
#define LL_SWEEP_COMMAND_TEMPLATE_H

#include "sweep/command/placeholders.h"

enum { LL_TEMPLATE_BYTES = 65536, LL_TEMPLATE_WORDS = 1024 };

typedef struct ll_arguments {
    char **at; /* [n], then NULL */
    int n;
} ll_arguments;

/* Every fault of a template is LL_EINPUT with its place; so the words of one are its check. */
ll_status ll_template_words(ll_arguments *out, const char *text, const ll_placeholders *places, ll_error *err);
void ll_arguments_free(ll_arguments *a);

/* One text, such as a path. */
ll_status ll_template_fill(char *out, size_t size, const char *text, const ll_placeholders *places, ll_error *err);

/* A line for a shell: values are quoted, all else stays. For free(). */
ll_status ll_template_shell(char **out, const char *text, const ll_placeholders *places, ll_error *err);

#endif
