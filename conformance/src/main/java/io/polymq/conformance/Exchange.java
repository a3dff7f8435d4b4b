package io.polymq.conformance;

/**
 * Something that a client sends and what it gets for it.
 *
 * @param request the client's bytes
 * @param answer the broker's
 */
public record Exchange(byte[] request, Answer answer) {}
