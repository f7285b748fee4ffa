/* GGUF, the files of llama.cpp, little-endian:
 *
 *     "GGUF", u32 version (2 or 3), u64 tensors, u64 keys
 *     each key:     text, u32 type, value                      a text is u64 and so many bytes
 *     each tensor:  text, u32 dimensions, u64 each (innermost first), u32 type, u64 offset
 *     zeros up to a multiple of general.alignment (32); then the tensors, whose offsets count from there
 *
 * Types of values: u8 i8 u16 i16 u32 i32 f32 bool text array u64 i64 f64, in this order from 0; an array is u32
 * type, u64 count and so many values. Refused: version 1, arrays of arrays, names with a zero byte, counts and
 * offsets that the file has no room for, tensors that hold more than the file together.
 */
#ifndef LL_MODEL_FORMATS_GGUF_H
#define LL_MODEL_FORMATS_GGUF_H

#include "base/document/json.h"
#include "model/formats/parts.h"

/* Tensors sorted; *meta, the caller's, holds the keys: numbers, truths, texts, arrays of texts and of integers
 * (others are left out). */
ll_status ll_gguf_read(ll_tensors *out, ll_json **meta, const char *path, ll_error *err);

/* meta: whole numbers are written as u32, others as f32, arrays as texts or i32. Matrices are of the kind, F32 or BF16,
 * gains and biases F32. */
ll_status ll_gguf_write(const char *path, const ll_json *meta, const ll_guest *g, const ll_real *params,
                        ll_number_kind kind, ll_error *err);

#endif
