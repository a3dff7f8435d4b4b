/**
 * The entry point of polymq.jar, the only code compiled for Java 8. Knows the broker by name only;
 * runs on the main thread.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.launcher;
