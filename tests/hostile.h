/* A text that a shell, gnuplot, HTML or a reader of UTF-8 would trip over if it were more than shown. */
#ifndef LL_TESTS_HOSTILE_H
#define LL_TESTS_HOSTILE_H

static const char HOSTILE[] =
    "x'; set print '/tmp/pwned' `touch pwned` \"$(touch pwned)\" <script>alert(1)</script> & @x "
    "{/Bold a}^_~ \n set output 'pwned'\n \xff\xc3\x28 ü";

#endif
