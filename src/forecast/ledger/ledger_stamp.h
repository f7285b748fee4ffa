/* A time stamp over a head (RFC 3161): an authority that others trust signs that it saw the head, and when.
 *
 *     LL_TRY(ll_stamp_request(&head, "ada.tsq", err));               goes to the authority, which answers ada.tsr
 *     LL_TRY(ll_stamp_check(&head, "ada.tsr", "authority.pem", when, err));
 *
 * What is stamped is the SHA-256 of the head's line with its newline: of the file that 'forecast head' > FILE makes, so
 * openssl alone can check it too (openssl ts -verify -data FILE -in ada.tsr -CAfile authority.pem). All that is
 * ASN.1 is the program openssl's; LL_EINPUT where it is not installed. Nothing here uses the network.
 */
#ifndef LL_FORECAST_LEDGER_STAMP_H
#define LL_FORECAST_LEDGER_STAMP_H

#include "forecast/ledger/ledger_head.h"

enum { LL_STAMP_TIME = 32 };

/* Writes the request for an authority to path. It depends on the line alone. */
ll_status ll_stamp_request(const ll_head *h, const char *path, ll_error *err);

/* answer: the file that the authority sent. authority: certificates in PEM, its root's and, where the answer lacks
 * them, those between. Into when: the time that was signed, 2026-11-22T15:04:05Z. The certificates have to be valid at
 * that time, not now: a token outlives them.
 * LL_EINPUT, LL_EFORMAT: a file is not what it should be, or the head is a hash alone. LL_ESTATE: the token is of
 * something else than this head, or not by this authority. */
ll_status ll_stamp_check(const ll_head *h, const char *answer, const char *authority, char when[LL_STAMP_TIME],
                         ll_error *err);

#endif
