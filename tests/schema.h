/* A checker for the part of JSON Schema (2020-12) that docs/schemas uses: type, const, enum, properties, required,
 * additionalProperties, items, minItems, maxItems, anyOf, $defs and $ref ("#/$defs/NAME" or another file). A
 * keyword beyond those is an error of the schema.
 *
 *     char why[SCHEMA_WHY];
 *     if (!schema_holds("loglog.plan.1.json", document, why)) fail_msg("%s", why);
 */
#ifndef LL_TESTS_SCHEMA_H
#define LL_TESTS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

enum { SCHEMA_WHY = 512 };

/* file: a name in docs/schemas. why names the file, the place in the document and what was expected. */
bool schema_holds(const char *file, const json_t *document, char why[SCHEMA_WHY]);

/* The schema as it stands; NULL and why when there is none. The caller's. */
json_t *schema_load(const char *file, char why[SCHEMA_WHY]);

/* Only keywords that are known, at every depth, and every $ref leads somewhere. */
bool schema_is_sound(const char *file, char why[SCHEMA_WHY]);

#endif
