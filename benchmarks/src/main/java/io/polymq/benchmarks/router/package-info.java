/** What matching and fan-out cost, here and in other brokers' topic trees. */
@org.jspecify.annotations.NullMarked
package io.polymq.benchmarks.router;
