#include "data/token/sentencepiece.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <string>
#include <unordered_map>
#include <vector>

struct ll_sentencepiece {
    sentencepiece::SentencePieceProcessor processor;
    std::vector<int> tokens;
};

namespace {

/* What the library says, or throws, as an error of ours. */
template <typename Work> ll_status guarded(const char *where, ll_status code, ll_error *err, Work work) {
    try {
        const sentencepiece::util::Status status = work();
        if (status.ok()) return LL_OK;
        return ll_error_set(err, code, "%s: sentencepiece: %.300s", where, status.error_message());
    } catch (const std::exception &e) {
        return ll_error_set(err, LL_ENOMEM, "%s: sentencepiece: %.300s", where, e.what());
    }
}

/* The runs of a text. */
class runs : public sentencepiece::SentenceIterator {
  public:
    runs(const uint8_t *text, size_t size) : at(text), left(size) {
        Next();
    }
    bool done() const override {
        return value_.empty();
    }
    const std::string &value() const override {
        return value_;
    }
    sentencepiece::util::Status status() const override {
        return sentencepiece::util::Status();
    }
    void Next() override {
        size_t n = 0;
        while (left && (n = ll_sentencepiece_run(at, left)) == 0) at++, left--;
        value_.assign(reinterpret_cast<const char *>(at), left ? n : 0);
        at += value_.size();
        left -= value_.size();
    }

  private:
    const uint8_t *at;
    size_t left;
    std::string value_;
};

} // namespace

extern "C" {

ll_status ll_sentencepiece_new(ll_sentencepiece **out, const char *model, size_t size, const char *where,
                               ll_error *err) {
    *out = nullptr;
    const ll_status s = guarded(where, LL_EFORMAT, err, [&] {
        *out = new ll_sentencepiece;
        return (*out)->processor.LoadFromSerializedProto(absl::string_view(model, size));
    });
    if (s == LL_OK) return LL_OK;
    delete *out;
    *out = nullptr;
    return s;
}

void ll_sentencepiece_free(ll_sentencepiece *s) {
    delete s;
}

int ll_sentencepiece_vocab(const ll_sentencepiece *s) {
    return s->processor.GetPieceSize();
}

int ll_sentencepiece_end(const ll_sentencepiece *s) {
    return s->processor.eos_id();
}

ll_piece_of ll_sentencepiece_piece(const ll_sentencepiece *s, int token, const char **piece, size_t *size) {
    const sentencepiece::SentencePieceProcessor &p = s->processor;
    const std::string &text = p.IdToPiece(token);
    *piece = text.data();
    *size = text.size();
    if (p.IsByte(token)) return LL_PIECE_BYTE;
    return p.IsControl(token) || p.IsUnknown(token) || p.IsUnused(token) ? LL_PIECE_NONE : LL_PIECE_TEXT;
}

ll_status ll_sentencepiece_encode(ll_sentencepiece *s, const uint8_t *run, size_t size, const int **tokens,
                                  size_t *n, ll_error *err) {
    LL_TRY(guarded("encode", LL_EINPUT, err, [&] {
        return s->processor.Encode(absl::string_view(reinterpret_cast<const char *>(run), size), &s->tokens);
    }));
    *tokens = s->tokens.data();
    *n = s->tokens.size();
    return LL_OK;
}

ll_status ll_sentencepiece_train(int64_t V, const uint8_t *text, size_t size, char **model, size_t *model_size,
                                 ll_error *err) {
    std::string proto;
    *model = nullptr;
    LL_TRY(guarded("bpe", LL_EINPUT, err, [&] {
        const std::unordered_map<std::string, std::string> options = {
            { "model_type", "bpe" },
            { "vocab_size", std::to_string(V) },
            { "byte_fallback", "true" },
            { "normalization_rule_name", "identity" },
            { "add_dummy_prefix", "false" },
            { "remove_extra_whitespaces", "false" },
            { "allow_whitespace_only_pieces", "true" },
            { "num_threads", "1" },
            { "minloglevel", "3" },
        };
        runs sentences(text, size);
        return sentencepiece::SentencePieceTrainer::Train(options, &sentences, &proto);
    }));
    *model = static_cast<char *>(std::malloc(proto.size() + 1));
    if (!*model) return ll_error_set(err, LL_ENOMEM, "out of memory for a model");
    std::memcpy(*model, proto.data(), proto.size());
    (*model)[proto.size()] = 0;
    *model_size = proto.size();
    return LL_OK;
}
}
