/** Which driver the configuration asks for. Nothing else knows all of them. */
@org.jspecify.annotations.NullMarked
package io.polymq.meta.drivers;
