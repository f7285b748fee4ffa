/* The best mixture: proportions within bounds that add up to one, where the mean of mixing laws is least. */
#ifndef LL_FIT_MIXING_BLEND_H
#define LL_FIT_MIXING_BLEND_H

/* theta [losses][1 + shares]: ln c and t of each law. r [shares] is set; returns the mean there. */
double ll_blend_best(int losses, int shares, const double *theta, const double *lo, const double *hi, double *r);

/* Of one law, theta [1 + shares]. */
double ll_blend_loss(int shares, const double *theta, const double *r);

#endif
