/**
 * Schemas that payloads must follow, and the subjects they are bound to. Shared; a check runs on
 * the publisher's thread. The libraries behind the formats are loaded by the first schema that
 * needs them.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.schema;
