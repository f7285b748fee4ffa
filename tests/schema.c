#include "schema.h"

#include <stdio.h>
#include <string.h>

typedef struct place {
    const char *file;
    const json_t *root; /* of the file, where #/$defs is looked up */
    char at[256];       /* in the document */
    char *why;
} place;

static bool wrong(const place *p, const char *what, const char *of) {
    snprintf(p->why, SCHEMA_WHY, "%s: %s: %s%s", p->file, *p->at ? p->at : "(document)", what, of);
    return false;
}

static place below(const place *p, const char *key) {
    place q = *p;
    const size_t used = strlen(q.at);
    snprintf(q.at + used, sizeof q.at - used, "%s%.60s", used ? "." : "", key);
    return q;
}

json_t *schema_load(const char *file, char why[SCHEMA_WHY]) {
    char path[1024];
    json_error_t e;
    snprintf(path, sizeof path, "%s/docs/schemas/%s", LL_SOURCE_DIR, file);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    if (!root) snprintf(why, SCHEMA_WHY, "%.300s:%d: %.150s", path, e.line, e.text);
    return root;
}

static bool holds(const place *p, const json_t *schema, const json_t *v);

/* ---- the keywords ---- */

static bool is_type(const json_t *v, const char *name) {
    switch (json_typeof(v)) {
    case JSON_OBJECT: return strcmp(name, "object") == 0;
    case JSON_ARRAY: return strcmp(name, "array") == 0;
    case JSON_STRING: return strcmp(name, "string") == 0;
    case JSON_INTEGER: return strcmp(name, "integer") == 0 || strcmp(name, "number") == 0;
    case JSON_REAL: return strcmp(name, "number") == 0;
    case JSON_NULL: return strcmp(name, "null") == 0;
    default: return strcmp(name, "boolean") == 0;
    }
}

static bool type_holds(const place *p, const json_t *schema, const json_t *v) {
    const json_t *type = json_object_get(schema, "type"), *one;
    size_t i;
    if (!type || (json_is_string(type) && is_type(v, json_string_value(type)))) return true;
    json_array_foreach((json_t *)type, i, one) {
        if (is_type(v, json_string_value(one))) return true;
    }
    return wrong(p, "another type than the schema's", "");
}

static bool value_holds(const place *p, const json_t *schema, const json_t *v) {
    const json_t *same = json_object_get(schema, "const"), *some = json_object_get(schema, "enum"), *one;
    size_t i;
    if (same && !json_equal(same, v)) return wrong(p, "is not the value that the schema fixes", "");
    json_array_foreach((json_t *)some, i, one) {
        if (json_equal(one, v)) return true;
    }
    return some ? wrong(p, "is none of the values that the schema lists", "") : true;
}

static bool object_holds(const place *p, const json_t *schema, const json_t *v) {
    const json_t *known = json_object_get(schema, "properties"),
                 *others = json_object_get(schema, "additionalProperties");
    const json_t *need;
    const char *key;
    json_t *child;
    size_t i;
    json_array_foreach((json_t *)json_object_get(schema, "required"), i, need) {
        if (!json_object_get(v, json_string_value(need)))
            return wrong(p, "lacks the key ", json_string_value(need));
    }
    json_object_foreach((json_t *)v, key, child) {
        const json_t *its = json_object_get(known, key);
        const place q = below(p, key);
        if (!its && json_is_false(others)) return wrong(&q, "a key that the schema does not know", "");
        if (!its) its = others;
        if (its && !holds(&q, its, child)) return false;
    }
    return true;
}

static bool array_holds(const place *p, const json_t *schema, const json_t *v) {
    const json_t *least = json_object_get(schema, "minItems"), *most = json_object_get(schema, "maxItems");
    const json_t *its = json_object_get(schema, "items"), *child;
    const json_int_t n = (json_int_t)json_array_size(v);
    size_t i;
    if ((least && n < json_integer_value(least)) || (most && n > json_integer_value(most)))
        return wrong(p, "holds another number of items than the schema's", "");
    json_array_foreach((json_t *)v, i, child) {
        char key[24];
        snprintf(key, sizeof key, "[%zu]", i);
        const place q = below(p, key);
        if (its && !holds(&q, its, child)) return false;
    }
    return true;
}

static bool any_holds(const place *p, const json_t *schema, const json_t *v) {
    const json_t *any = json_object_get(schema, "anyOf"), *one;
    char whys[SCHEMA_WHY] = "";
    size_t i;
    json_array_foreach((json_t *)any, i, one) {
        const size_t used = strlen(whys);
        if (holds(p, one, v)) return true;
        snprintf(whys + used, sizeof whys - used, "%s%.200s", used ? "; or " : "", p->why);
    }
    if (any) snprintf(p->why, SCHEMA_WHY, "%.500s", whys);
    return !any;
}

static const json_t *named(const json_t *root, const char *ref) {
    static const char defs[] = "#/$defs/";
    if (strncmp(ref, defs, sizeof defs - 1) != 0) return NULL;
    return json_object_get(json_object_get(root, "$defs"), ref + sizeof defs - 1);
}

static bool ref_holds(const place *p, const json_t *schema, const json_t *v) {
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const json_t *def = ref ? named(p->root, ref) : NULL;
    if (!ref) return true;
    if (def) return holds(p, def, v);
    json_t *root = schema_load(ref, p->why);
    place q = *p;
    q.file = ref;
    q.root = root;
    bool ok = root && holds(&q, root, v);
    json_decref(root);
    return ok;
}

static bool holds(const place *p, const json_t *schema, const json_t *v) {
    return ref_holds(p, schema, v) && any_holds(p, schema, v) && type_holds(p, schema, v) &&
           value_holds(p, schema, v) && (!json_is_object(v) || object_holds(p, schema, v)) &&
           (!json_is_array(v) || array_holds(p, schema, v));
}

bool schema_holds(const char *file, const json_t *document, char why[SCHEMA_WHY]) {
    json_t *root = schema_load(file, why);
    const place p = { .file = file, .root = root, .why = why };
    bool ok = root && holds(&p, root, document);
    json_decref(root);
    return ok;
}

/* ---- the schema itself ---- */

static bool sound(const place *p, const json_t *schema);

static bool sound_all(const place *p, const json_t *of) {
    const char *key;
    json_t *child;
    size_t i;
    json_array_foreach((json_t *)of, i, child) {
        if (!sound(p, child)) return false;
    }
    json_object_foreach((json_t *)of, key, child) {
        const place q = below(p, key);
        if (!sound(&q, child)) return false;
    }
    return true;
}

static bool leads_somewhere(const place *p, const char *ref) {
    json_t *other;
    if (named(p->root, ref)) return true;
    if (ref[0] == '#' || !(other = schema_load(ref, p->why))) return wrong(p, "$ref leads nowhere: ", ref);
    json_decref(other);
    return true;
}

static bool sound(const place *p, const json_t *schema) {
    static const char *const plain[] = { "$schema", "$id",  "title",    "description", "type",
                                         "const",   "enum", "required", "minItems",    "maxItems" };
    const char *key;
    json_t *child;
    if (json_is_false(schema)) return true; /* additionalProperties */
    if (!json_is_object(schema)) return wrong(p, "expected a schema", "");
    json_object_foreach((json_t *)schema, key, child) {
        bool known = false, ok = true;
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) known = known || strcmp(key, plain[i]) == 0;
        if (strcmp(key, "properties") == 0 || strcmp(key, "$defs") == 0 || strcmp(key, "anyOf") == 0)
            ok = sound_all(p, child);
        else if (strcmp(key, "items") == 0 || strcmp(key, "additionalProperties") == 0) ok = sound(p, child);
        else if (strcmp(key, "$ref") == 0) ok = leads_somewhere(p, json_string_value(child));
        else if (!known) return wrong(p, "a keyword that is not known here: ", key);
        if (!ok) return false;
    }
    return true;
}

bool schema_is_sound(const char *file, char why[SCHEMA_WHY]) {
    json_t *root = schema_load(file, why);
    const place p = { .file = file, .root = root, .why = why };
    bool ok = root && sound(&p, root);
    json_decref(root);
    return ok;
}
