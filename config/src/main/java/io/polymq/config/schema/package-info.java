/**
 * How a record describes a section of the configuration: annotations on its components, and the
 * machinery that reads them. {@link io.polymq.config.schema.Binder} makes records of {@link
 * io.polymq.config.schema.Node nodes}; {@link io.polymq.config.schema.Section} lists what a record
 * offers, which also feeds the generated reference. Shared, without state. What the sections are
 * and where nodes come from is not known here.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.config.schema;
