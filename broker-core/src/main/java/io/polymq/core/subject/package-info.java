/** Subjects and filters, and how each dialect spells them. Shared, immutable. */
@org.jspecify.annotations.NullMarked
package io.polymq.core.subject;
