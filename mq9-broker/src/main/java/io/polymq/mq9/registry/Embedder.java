package io.polymq.mq9.registry;

/**
 * Says what texts mean: texts of like meaning get vectors of like direction. One that asks a model
 * may block; it is called on virtual threads, several at once.
 */
public interface Embedder {

    /** A power of two. */
    int dimensions();

    /** A vector of length one, or of zeros when the text says nothing. */
    float[] embed(String text);
}
