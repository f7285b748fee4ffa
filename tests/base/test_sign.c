/* Signatures against RFC 8032, key files that others cannot read, and dates that a calendar has. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/document/keyfile.h"
#include "base/system/clock.h"

/* RFC 8032, section 7.1, TEST 1 (the empty message) and TEST 2 (one byte, 0x72, which is "r"). */
static const struct {
    const char *seed, *open, *text, *signature;
} rfc[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
      "be"
      "24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
      "2a"
      "eeb00d291612bb0c00" },
};

static void signatures_are_those_of_the_rfc(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rfc / sizeof *rfc; i++) {
        ll_sign_key key;
        char made[LL_SIGN_HEX];
        assert_true(ll_sign_key_of(&key, rfc[i].seed));
        assert_string_equal(key.open, rfc[i].open);
        ll_sign_text(&key, rfc[i].text, made);
        assert_string_equal(made, rfc[i].signature);
        assert_true(ll_sign_holds(rfc[i].open, rfc[i].text, rfc[i].signature));
    }
}

/* One digit changed anywhere, another text, another key: none of them holds. */
static void nothing_else_holds(void **state) {
    (void)state;
    char bad[LL_SIGN_HEX];
    for (size_t i = 0; i < LL_SIGN_HEX - 1; i++) {
        strcpy(bad, rfc[1].signature);
        bad[i] = bad[i] == '0' ? '1' : '0';
        assert_false(ll_sign_holds(rfc[1].open, rfc[1].text, bad));
    }
    assert_false(ll_sign_holds(rfc[1].open, "R", rfc[1].signature));
    assert_false(ll_sign_holds(rfc[0].open, rfc[1].text, rfc[1].signature));
    const char *const malformed[] = { "", "00", "zz", rfc[0].open };
    for (int i = 0; i < 4; i++) assert_false(ll_sign_holds(rfc[1].open, "r", malformed[i]));
    for (int i = 0; i < 3; i++) assert_false(ll_sign_holds(malformed[i], "r", rfc[1].signature));
    ll_sign_key key;
    assert_false(ll_sign_key_of(&key, "9d61"));
}

static void key_files_are_private(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    ll_sign_key made, read;
    ll_error err = { 0 };
    struct stat st;
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "key", err));
    assert_ok(ll_sign_key_new(&made, err));
    assert_ok(ll_keyfile_write(&made, path, err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(ll_keyfile_read(&read, path, err));
    assert_memory_equal(&made, &read, sizeof made);
    assert_int_equal(ll_keyfile_write(&made, path, &err), LL_EINPUT); /* never replaced */
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(ll_keyfile_read(&read, path, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "640"));
    support_write(folder, "other", "loglog-secret-key/1 12\n", 23, path);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(ll_keyfile_read(&read, path, &err), LL_EFORMAT);
    ll_sign_key_clear(&made);
    for (size_t i = 0; i < sizeof made; i++) assert_int_equal(((char *)&made)[i], 0);
    support_remove(folder);
}

static void dates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double at; /* NaN: no date */
    } cases[] = {
        { "1970-01-01", 0 },
        { "2000-01-01T00:00:00Z", 946684800 }, /* POSIX.1-2017, 4.16: 86400 s a day */
        { "2026-11-22T15:04:05Z", 1795359845 },
        { "2024-02-29", 1709164800 },
        { "2023-02-29", NAN },
        { "2026-13-01", NAN },
        { "2026-00-10", NAN },
        { "2026-1-1", NAN },
        { "2026-11-22T24:00:00Z", NAN },
        { "2026-11-22T15:04:05", NAN },
        { "2026-11-22 15:04:05Z", NAN },
        { "22.11.2026", NAN },
        { "", NAN },
        { "yesterday", NAN },
        { "2026-11-22T15:04:05Z ", NAN },
        { "99999-01-01", NAN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double at;
        bool ok = ll_clock_parse(cases[i].text, &at);
        if (ok != !isnan(cases[i].at) || (ok && at != cases[i].at))
            fail_msg("'%s': %d %.17g", cases[i].text, ok, at);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_the_rfc),
        cmocka_unit_test(nothing_else_holds),
        cmocka_unit_test(key_files_are_private),
        cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
