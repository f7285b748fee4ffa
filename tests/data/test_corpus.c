#define _GNU_SOURCE
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "data/corpus.h"
#include "data/pieces.h"

static char path[LL_PATH_MAX];

static void put_bytes(const char *name, const void *data, size_t size) {
    char parent[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    ll_file_folder(parent, path);
    assert_ok(ll_file_mkdir(parent, err));
    support_write(folder, name, data, size, path);
}

static void put(const char *name, const char *text) {
    put_bytes(name, text, strlen(text));
}

/* ---- what came: every document between bars ---- */

typedef struct heard {
    char text[65536];
    size_t used;
    int64_t documents;
    int64_t stop_at; /* 0: never */
} heard;

static ll_status hear(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err) {
    heard *h = ctx;
    assert_non_null(name);
    assert_true(size > 0);
    if (h->used + size + 2 < sizeof h->text) {
        memcpy(h->text + h->used, bytes, size);
        h->used += size;
        h->text[h->used++] = '|';
        h->text[h->used] = 0;
    }
    h->documents++;
    return h->documents == h->stop_at ? LL_FAIL(err, LL_ESTOP, "enough") : LL_OK;
}

static heard got;
static ll_corpus_stats stats;

static ll_status read_at(const char *name, const char *suffix, ll_error *err) {
    assert_ok(ll_file_join(path, folder, name, err));
    ll_corpus_opts o = { .path = path, .suffix = suffix };
    memset(&got, 0, sizeof got);
    return ll_corpus_read(&o, hear, &got, &stats, err);
}

/* ---- folders and files ---- */

static void paths_in_order(void **state) {
    (void)state;
    put("d/a/c", "2");
    put("d/a.b", "1");
    put("d/a-b", "0");
    put("d/B", "capital");
    put("d/\xc3\xa9", "last");
    put("d/a/c.h", "3");
    put("d/a/empty", "");
    assert_ok(read_at("d", NULL, err));
    assert_string_equal(got.text, "capital|0|1|2|3|last|"); /* B a-b a.b a/c a/c.h e': '-' '.' '/' in ASCII */
    assert_int_equal(stats.skipped, 0);
    assert_ok(read_at("d", ".h", err));
    assert_string_equal(got.text, "3|");
    assert_ok(read_at("d/B", ".h", err)); /* a file that is named is read */
    assert_string_equal(got.text, "capital|");
}

static void nothing_to_read(void **state) {
    (void)state;
    ll_error err = { 0 };
    assert_ok(ll_file_join(path, folder, "empty/inside", err));
    assert_ok(ll_file_mkdir(path, err));
    assert_int_equal(read_at("empty", NULL, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "/empty: no documents"));
    put("hollow/a", "");
    put("hollow/b.jsonl", "\n\n{\"text\":\"\"}\n");
    put("hollow/c.nul", "");
    assert_int_equal(read_at("hollow", NULL, &err), LL_EINPUT);
    assert_int_equal(read_at("hollow", ".h", &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "end in '.h'"));
    assert_int_equal(read_at("nowhere", NULL, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "/nowhere: cannot read"));
}

static void links_and_devices(void **state) {
    (void)state;
    char name[LL_PATH_MAX];
    put("l/file", "content");
    snprintf(name, sizeof name, "%.900s/l/loop", folder);
    assert_int_equal(symlink("..", name), 0);
    snprintf(name, sizeof name, "%.900s/l/same", folder);
    assert_int_equal(symlink("file", name), 0);
    snprintf(name, sizeof name, "%.900s/l/self", folder);
    assert_int_equal(symlink("self", name), 0);
    snprintf(name, sizeof name, "%.900s/l/broken", folder);
    assert_int_equal(symlink("nowhere", name), 0);
    snprintf(name, sizeof name, "%.900s/l/null", folder);
    assert_int_equal(symlink("/dev/zero", name), 0);
    snprintf(name, sizeof name, "%.900s/l/fifo", folder);
    assert_int_equal(mkfifo(name, 0600), 0);
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    snprintf(at.sun_path, sizeof at.sun_path, "%.80s/l/socket", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    assert_ok(read_at("l", NULL, err));
    assert_string_equal(got.text, "content|content|");
    assert_int_equal(stats.files, 2);
    assert_int_equal(stats.skipped, 6);
    assert_int_equal(read_at("l/fifo", NULL, NULL), LL_EINPUT);
}

static int no_room; /* errno of the next open of a file called "busy"; 0: none */

int open(const char *at, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    const size_t n = strlen(at);
    if (!no_room || n < 5 || strcmp(at + n - 5, "/busy") != 0) return openat(AT_FDCWD, at, flags, mode);
    errno = no_room;
    return -1;
}

/* A file that another moment would give is not left out of what is learned from. */
static void a_moment_without_descriptors(void **state) {
    (void)state;
    static const int moments[] = { EMFILE, ENFILE, ENOMEM, EIO };
    put("m/a", "open");
    put("m/busy", "and this");
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        no_room = moments[i];
        assert_true(read_at("m", NULL, NULL) != LL_OK);
    }
    no_room = 0;
    assert_ok(read_at("m", NULL, err));
    assert_int_equal(stats.files, 2);
}

static void unreadable(void **state) {
    (void)state;
    put("u/a", "open");
    put("u/b", "closed");
    assert_int_equal(chmod(path, 0), 0);
    const bool super = geteuid() == 0; /* who can read everything, and so steps down */
    assert_int_equal(chmod(folder, 0755), 0);
    if (super) assert_int_equal(seteuid(65534), 0);
    assert_ok(read_at("u", NULL, err));
    assert_string_equal(got.text, "open|");
    assert_int_equal(stats.skipped, 1);
    assert_int_equal(stats.unread, 1);
    assert_non_null(strstr(stats.first_unread, "/u/b: Permission denied"));
    assert_int_equal(read_at("u/b", NULL, NULL), LL_EINPUT);
    if (super) assert_int_equal(seteuid(0), 0);
}

/* Any change of a file's path, size or time is another listing; what no suffix takes is none. */
static void listings(void **state) {
    (void)state;
    char was[LL_HASH_HEX], is[LL_HASH_HEX], root[LL_PATH_MAX];
    assert_ok(ll_file_join(root, folder, "l", err));
    const ll_corpus_opts o = { .path = root, .suffix = ".txt" };
    put("l/a.txt", "one");
    put("l/b.txt", "two");
    assert_ok(ll_corpus_listing(&o, was, err));
    assert_ok(ll_corpus_listing(&o, is, err));
    assert_string_equal(is, was);
    put("l/c", "not taken");
    assert_ok(ll_corpus_listing(&o, is, err));
    assert_string_equal(is, was);
    put("l/c.txt", "");
    assert_ok(ll_corpus_listing(&o, is, err));
    assert_string_not_equal(is, was);
    unlink(path);
    assert_ok(ll_corpus_listing(&o, is, err));
    assert_string_equal(is, was);
    put("l/b.txt", "owt");
    assert_int_equal(utimensat(AT_FDCWD, path, (const struct timespec[2]) { { 7, 0 }, { 7, 0 } }, 0), 0);
    assert_ok(ll_corpus_listing(&o, is, err));
    assert_string_not_equal(is, was);
}

static void sink_ends_the_walk(void **state) {
    (void)state;
    put_bytes("s/a.nul", "1\0002\0003", 5);
    put("s/b", "4");
    assert_ok(ll_file_join(path, folder, "s", err));
    ll_corpus_opts o = { .path = path };
    got = (heard) { .stop_at = 2 };
    assert_int_equal(ll_corpus_read(&o, hear, &got, &stats, NULL), LL_ESTOP);
    assert_string_equal(got.text, "1|2|");
}

static void long_documents_are_split(void **state) {
    (void)state;
    put("x.txt", "abcdefghij");
    ll_corpus_opts o = { .path = path, .max_document = 4 };
    got = (heard) { 0 };
    assert_ok(ll_corpus_read(&o, hear, &got, &stats, err));
    assert_string_equal(got.text, "abcd|efgh|ij|");
    put("x.jsonl", "{\"text\":\"abcdefgh\"}");
    got = (heard) { 0 };
    assert_ok(ll_corpus_read(&o, hear, &got, &stats, err));
    assert_string_equal(got.text, "abcd|efgh|");
    put_bytes("x.nul", "abcd\0abcde\0", 11);
    got = (heard) { 0 };
    assert_ok(ll_corpus_read(&o, hear, &got, &stats, err));
    assert_string_equal(got.text, "abcd|abcd|e|");
}

/* ---- pieces ---- */

static void zero_bytes(void **state) {
    (void)state;
    put_bytes("z.nul", "\0one\0two\0\0three", 15);
    assert_ok(read_at("z.nul", NULL, err));
    assert_string_equal(got.text, "one|two|three|");
}

static const char lines[] = "\xef\xbb\xbf{\"text\": \"one\"}\r\n"
                            "\n"
                            "  {\"id\": 7, \"text\": \"t\\\"w\\u00f6\\n\", \"x\": [1, {\"text\": \"no\"}]}\n"
                            "{\"text\": \"\"}\n \t\n"
                            "{\"text\": \"last\"}";

static void json_lines(void **state) {
    (void)state;
    put("j.jsonl", lines);
    assert_ok(read_at("j.jsonl", NULL, err));
    assert_string_equal(got.text, "one|t\"w\xc3\xb6\n|last|");
    put("j.ndjson", "{\"body\":\"b\",\"text\":\"t\"}\n");
    ll_corpus_opts o = { .path = path, .field = "body" };
    got = (heard) { 0 };
    assert_ok(ll_corpus_read(&o, hear, &got, &stats, err));
    assert_string_equal(got.text, "b|");
}

static void bad_lines(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "{\"text\":\"a\"}\n\n{\"text\":\"b\"\n", "j.jsonl:3:" },
        { "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n", "j.jsonl:2: expected an object with a text under 'text'" },
        { "[1]\n", "j.jsonl:1: expected an object" },
        { "3\n", "j.jsonl:1: expected an object" },
        { "{\"text\":3}", "j.jsonl:1: expected an object" },
        { "{\"text\":null}", "j.jsonl:1: expected an object" },
        { "{\"text\":\"a\"} {\"text\":\"b\"}", "j.jsonl:1:" },
        { "{\"text\":\"\xff\"}", "j.jsonl:1:" },
        { "{\"text\":\"a\",\"text\":\"b\"}", "j.jsonl:1:" },
        { "plain words\n", "j.jsonl:1:" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error err = { 0 };
        put("j.jsonl", bad[i].text);
        assert_int_equal(read_at("j.jsonl", NULL, &err), LL_EFORMAT);
        if (!strstr(err.msg, bad[i].says)) fail_msg("'%s' does not say '%s'", err.msg, bad[i].says);
        assert_null(strchr(err.msg, '\n'));
    }
}

/* Pieces do not depend on where the stream was cut. */
static void any_cut(void **state) {
    (void)state;
    static const ll_piece_kind kinds[] = { LL_PIECE_WHOLE, LL_PIECE_NUL, LL_PIECE_JSONL };
    for (size_t k = 0; k < 3; k++) {
        char whole[sizeof got.text];
        for (size_t step = sizeof lines; step > 0; step--) {
            ll_corpus_opts o = { .max_document = 7 };
            ll_pieces p = { .opts = &o, .sink = hear, .ctx = &got };
            got = (heard) { 0 };
            ll_pieces_begin(&p, "x", kinds[k]);
            for (size_t at = 0; at < sizeof lines - 1; at += step) {
                size_t left = sizeof lines - 1 - at;
                assert_ok(ll_pieces_feed(&p, (const uint8_t *)lines + at, left < step ? left : step, err));
            }
            assert_ok(ll_pieces_end(&p, err));
            ll_pieces_clear(&p);
            if (step == sizeof lines) strcpy(whole, got.text);
            assert_true(got.documents > 0);
            assert_string_equal(got.text, whole);
        }
    }
}

static void endless_line(void **state) {
    (void)state;
    static uint8_t block[1 << 20];
    ll_corpus_opts o = { 0 };
    ll_pieces p = { .opts = &o, .sink = hear, .ctx = &got };
    ll_error err = { 0 };
    memset(block, 'a', sizeof block);
    ll_pieces_begin(&p, "endless.jsonl", LL_PIECE_JSONL);
    ll_status s = LL_OK;
    int fed = 0;
    for (; s == LL_OK && fed < 100; fed++) s = ll_pieces_feed(&p, block, sizeof block, &err);
    assert_int_equal(s, LL_EFORMAT);
    assert_int_equal(fed, 65);
    assert_non_null(strstr(err.msg, "endless.jsonl:1: the line is longer"));
    ll_pieces_clear(&p);
}

/* ---- archives, written by hand ---- */

typedef struct tape {
    unsigned char bytes[32768];
    size_t size;
} tape;

static void tar_member(tape *t, const char *name, char type, const char *link, const char *content) {
    char *h = (char *)t->bytes + t->size;
    size_t size = strlen(content);
    memset(h, 0, 512);
    strcpy(h, name);
    strcpy(h + 100, "0000644");
    strcpy(h + 108, "0000000");
    strcpy(h + 116, "0000000");
    snprintf(h + 124, 12, "%011o", (unsigned)size);
    strcpy(h + 136, "00000000000");
    memset(h + 148, ' ', 8);
    h[156] = type;
    strcpy(h + 157, link);
    memcpy(h + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (int i = 0; i < 512; i++) sum += (unsigned char)h[i];
    snprintf(h + 148, 7, "%06o", sum);
    memcpy(h + 512, content, size);
    t->size += 512 + (size + 511) / 512 * 512;
}

static const tape *example_tar(void) {
    static tape t;
    memset(&t, 0, sizeof t);
    tar_member(&t, "b/", '5', "", "");
    tar_member(&t, "b/two.txt", '0', "", "second");
    tar_member(&t, "a.h", '0', "", "first");
    tar_member(&t, "link", '2', "a.h", "");
    tar_member(&t, "hard", '1', "a.h", "");
    tar_member(&t, "x.jsonl", '0', "", "{\"text\":\"third\"}\n{\"text\":\"fourth\"}");
    tar_member(&t, "empty", '0', "", "");
    t.size += 1024;
    return &t;
}

static uint32_t crc32_of(const unsigned char *p, size_t n) {
    uint32_t c = ~0u;
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (0xEDB88320u & -(c & 1));
    }
    return ~c;
}

/* RFC 1952 around one stored block of RFC 1951. */
static void gzip(const void *data, size_t n, tape *out) {
    unsigned char *p = out->bytes;
    uint32_t crc = crc32_of(data, n);
    memcpy(p, "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
    for (int i = 0; i < 2; i++) p[11 + i] = (unsigned char)(n >> 8 * i), p[13 + i] = (unsigned char)~(n >> 8 * i);
    memcpy(p + 15, data, n);
    for (int i = 0; i < 4; i++) p[15 + n + i] = (unsigned char)(crc >> 8 * i);
    for (int i = 0; i < 4; i++) p[19 + n + i] = (unsigned char)(n >> 8 * i);
    out->size = n + 23;
}

static void tar_members(void **state) {
    (void)state;
    static tape gz;
    const tape *t = example_tar();
    put_bytes("t.tar", t->bytes, t->size);
    assert_ok(read_at("t.tar", NULL, err));
    assert_string_equal(got.text, "second|first|third|fourth|"); /* in the archive's order */
    assert_int_equal(stats.files, 4);
    assert_int_equal(stats.skipped, 2);
    assert_ok(read_at("t.tar", ".h", err));
    assert_string_equal(got.text, "first|");
    gzip(t->bytes, t->size, &gz);
    put_bytes("in/t.tar.gz", gz.bytes, gz.size);
    put("in/u", "plain");
    assert_ok(read_at("in", NULL, err));
    assert_string_equal(got.text, "second|first|third|fourth|plain|");
}

/* A few bytes can stand for any number: what comes out of archives is bounded, what is skipped in them included. */
static void an_archive_is_bounded(void **state) {
    (void)state;
    static tape big, gz;
    static char text[4001];
    ll_error err = { 0 };
    memset(text, 'x', sizeof text - 1);
    tar_member(&big, "b.txt", '0', "", text);
    big.size += 1024;
    gzip(big.bytes, big.size, &gz);
    put_bytes("big.tar.gz", gz.bytes, gz.size);
    put_bytes("big.tar", big.bytes, big.size);
    static const char *const names[] = { "big.tar", "big.tar.gz", "big.tar.gz" };
    static const char *const suffixes[] = { NULL, NULL, ".h" }; /* none of these: to pass over it is to unpack it */
    for (int i = 0; i < 3; i++) {
        assert_ok(ll_file_join(path, folder, names[i], err));
        ll_corpus_opts o = { .path = path, .suffix = suffixes[i], .max_unpacked = 4511 }; /* with 512 of a header */
        assert_int_equal(ll_corpus_read(&o, hear, &got, &stats, &err), LL_EINPUT);
        assert_non_null(strstr(err.msg, "unpacks to more than 4511 bytes; a larger max_bytes allows it"));
        o.max_unpacked = 4512;
        if (!suffixes[i]) assert_ok(ll_corpus_read(&o, hear, &got, &stats, err));
    }
}

/* Members that hold nothing are not free either. */
static void empty_members_are_bounded(void **state) {
    (void)state;
    static tape many, gz;
    ll_error err = { 0 };
    for (int i = 0; i < 20; i++) tar_member(&many, "d/", '5', "", "");
    tar_member(&many, "a.txt", '0', "", "text");
    many.size += 1024;
    gzip(many.bytes, many.size, &gz);
    put_bytes("many.tar.gz", gz.bytes, gz.size);
    assert_ok(ll_file_join(path, folder, "many.tar.gz", err));
    ll_corpus_opts o = { .path = path, .max_unpacked = 21 * 512 + 3 };
    assert_int_equal(ll_corpus_read(&o, hear, &got, &stats, &err), LL_EINPUT);
    o.max_unpacked++;
    assert_ok(ll_corpus_read(&o, hear, &got, &stats, err));
}

static void compressed_files(void **state) {
    (void)state;
    static tape gz;
    ll_error err = { 0 };
    gzip("one\0two\0", 8, &gz);
    put_bytes("w.nul.gz", gz.bytes, gz.size);
    assert_ok(read_at("w.nul.gz", NULL, err));
    assert_string_equal(got.text, "one|two|");
    put_bytes("w.txt.gz", gz.bytes, gz.size);
    assert_ok(read_at("w.txt.gz", NULL, err));
    assert_int_equal(got.documents, 1);
    assert_memory_equal(got.text, "one\0two\0|", 9);
    gz.bytes[13] ^= 1; /* the length and its complement disagree */
    put_bytes("w.txt.gz", gz.bytes, gz.size);
    assert_int_equal(read_at("w.txt.gz", NULL, &err), LL_EFORMAT);
    put("w.txt.gz", "just words");
    assert_int_equal(read_at("w.txt.gz", NULL, &err), LL_EFORMAT);
    assert_non_null(strstr(err.msg, "w.txt.gz: is not compressed"));
    put("w.txt.gz", "");
    assert_int_equal(read_at("w.txt.gz", NULL, &err), LL_EFORMAT);
}

/* Cut anywhere: an error that names the archive, or (at the end of a member) fewer documents; never more. */
static void truncated_archives(void **state) {
    (void)state;
    static tape gz;
    const tape *t = example_tar();
    gzip(t->bytes, t->size, &gz);
    for (int kind = 0; kind < 2; kind++) {
        const tape *whole = kind ? &gz : t;
        const char *name = kind ? "cut.tar.gz" : "cut.tar";
        for (size_t n = 1; n < whole->size - 1024; n += 61) {
            ll_error err = { 0 };
            put_bytes(name, whole->bytes, n);
            ll_status s = read_at(name, NULL, &err);
            if (s == LL_OK) assert_true(!kind && n % 512 == 0);
            else assert_non_null(strstr(err.msg, name));
            if (kind) assert_int_equal(s, LL_EFORMAT);
        }
    }
}

static void damaged_archives(void **state) {
    (void)state;
    static const char noise[4096] = "this is no archive at all";
    static const char *const archives[] = { "n.tar",  "n.tgz",     "n.zip", "n.7z",
                                            "n.cpio", "n.tar.zst", "n.xz",  "n.bz2" };
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++) {
        ll_error err = { 0 };
        put_bytes(archives[i], noise, sizeof noise);
        assert_int_equal(read_at(archives[i], NULL, &err), LL_EFORMAT);
        assert_non_null(strstr(err.msg, archives[i]));
    }
}

/* Other formats by the programs that make them, where they are installed. */
static void other_formats(void **state) {
    (void)state;
    static const struct {
        const char *program, *command, *file;
    } made[] = {
        { "zip", "zip -q -r f.zip f", "f.zip" },
        { "zstd", "zstd -q -f f/a.nul -o a.nul.zst", "a.nul.zst" },
        { "xz", "xz -k -c f/a.nul >a.nul.xz", "a.nul.xz" },
        { "bzip2", "bzip2 -k -c f/a.nul >a.nul.bz2", "a.nul.bz2" },
        { "tar", "tar cJf f.tar.xz f 2>/dev/null || tar cf f.tar.xz f", "f.tar.xz" },
        { "cpio", "find f | cpio -o >f.cpio 2>/dev/null", "f.cpio" },
    };
    put_bytes("f/a.nul", "one\0two", 7);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char command[LL_PATH_MAX + 200];
        snprintf(command, sizeof command, "command -v %s >/dev/null && cd '%.900s' && %s", made[i].program, folder,
                 made[i].command);
        if (system(command) != 0) {
            print_message("SKIPPED: no %s here to make %s\n", made[i].program, made[i].file);
            continue;
        }
        assert_ok(read_at(made[i].file, NULL, err));
        assert_string_equal(got.text, "one|two|");
    }
}

static void holes_are_refused(void **state) {
    (void)state;
    char command[LL_PATH_MAX + 200];
    ll_error err = { 0 };
    snprintf(command, sizeof command,
             "cd '%.900s' && truncate -s 1T hole && echo x >>hole && timeout 20 tar cSf hole.tar hole && rm hole",
             folder);
    if (system(command) != 0) {
        print_message("SKIPPED: no tar here that makes sparse members\n");
        skip();
    }
    assert_int_equal(read_at("hole.tar", NULL, &err), LL_EFORMAT);
    assert_non_null(strstr(err.msg, "holes"));
    assert_int_equal(got.documents, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_in_order),
        cmocka_unit_test(nothing_to_read),
        cmocka_unit_test(links_and_devices),
        cmocka_unit_test(a_moment_without_descriptors),
        cmocka_unit_test(unreadable),
        cmocka_unit_test(listings),
        cmocka_unit_test(sink_ends_the_walk),
        cmocka_unit_test(long_documents_are_split),
        cmocka_unit_test(zero_bytes),
        cmocka_unit_test(json_lines),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(any_cut),
        cmocka_unit_test(endless_line),
        cmocka_unit_test(tar_members),
        cmocka_unit_test(an_archive_is_bounded),
        cmocka_unit_test(empty_members_are_bounded),
        cmocka_unit_test(compressed_files),
        cmocka_unit_test(truncated_archives),
        cmocka_unit_test(damaged_archives),
        cmocka_unit_test(other_formats),
        cmocka_unit_test(holes_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
