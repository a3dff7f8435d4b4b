package io.polymq.nats.jetstream;

/** How the server calls itself in answers and advisories. Immutable. */
public record ServerIdentity(String name, String id, String version, int level) {}
