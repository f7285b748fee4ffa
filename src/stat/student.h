/* The normal and Student's t, with their inverses, and Fisher's F. */
#ifndef LL_STAT_STUDENT_H
#define LL_STAT_STUDENT_H

double ll_normal_cdf(double z);
double ll_normal_quantile(double q); /* q in (0, 1) */
double ll_student_cdf(double t, double freedom);
double ll_student_quantile(double q, double freedom);       /* q in (0, 1), freedom > 0 */
double ll_fisher_cdf(double F, double above, double below); /* degrees of freedom of numerator and denominator */

/* ln Gamma(x), x above 0. lgamma leaves its sign in a variable of the process, which two threads would both write. */
double ll_ln_gamma(double x);

#endif
