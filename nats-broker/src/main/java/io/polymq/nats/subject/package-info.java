/**
 * Subjects that become other subjects: transforms with placeholders and functions, and an account's
 * weighted mappings. Shared, immutable. What is matched and delivered is the core's.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.nats.subject;
