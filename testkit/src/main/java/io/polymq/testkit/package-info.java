/**
 * For tests, of PolyMQ itself and of programs that use it: a broker in the test's own process, and
 * certificates to go with it. Test threads only.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.testkit;
