/**
 * Durable, partitioned, named logs with captured subjects. Shared; appends end on storage's
 * completion threads.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.topic;
