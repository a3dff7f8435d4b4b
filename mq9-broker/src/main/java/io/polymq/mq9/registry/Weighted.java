package io.polymq.mq9.registry;

/** A text and how much each of its words counts. */
public record Weighted(String text, int weight) {}
