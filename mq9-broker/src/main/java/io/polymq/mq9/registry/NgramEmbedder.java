package io.polymq.mq9.registry;

import java.util.List;

/**
 * The embedder that needs no model: words, pairs of words and the letter groups inside of words,
 * hashed into a fixed number of dimensions. It finds what is spelled alike (translate, translation,
 * translator; typing errors; the same words in another order), not synonyms: it knows no language.
 * Shared, stateless.
 */
public final class NgramEmbedder implements Embedder {

    private static final int DIMENSIONS = 256;
    private static final int SHORTEST = 3;
    private static final int LONGEST = 5;
    private static final float OF_WORD = 1.0f;
    private static final float OF_PAIR = 0.5f;
    private static final float OF_LETTERS = 0.35f;
    private static final int MAX_WORDS = 2000;

    @Override
    public int dimensions() {
        return DIMENSIONS;
    }

    @Override
    public float[] embed(String text) {
        float[] sums = new float[DIMENSIONS];
        List<String> words = Words.of(text, MAX_WORDS);
        int before = 0;
        for (String word : words) {
            int hash = hash(word, 0, word.length(), 17);
            add(sums, hash, OF_WORD);
            if (before != 0) {
                add(sums, before * 31 + hash, OF_PAIR);
            }
            before = hash;
            String edged = '<' + word + '>';
            for (int length = SHORTEST; length <= LONGEST; length++) {
                for (int i = 0; i + length <= edged.length(); i++) {
                    add(sums, hash(edged, i, i + length, length), OF_LETTERS);
                }
            }
        }
        return normalized(sums);
    }

    private static int hash(String text, int from, int to, int seed) {
        int hash = seed * 0x9E3779B9;
        for (int i = from; i < to; i++) {
            hash = (hash ^ text.charAt(i)) * 0x01000193;
        }
        return hash;
    }

    private static void add(float[] sums, int hash, float weight) {
        int mixed = hash ^ hash >>> 16;
        mixed *= 0x85EBCA6B;
        mixed ^= mixed >>> 13;
        mixed *= 0xC2B2AE35;
        mixed ^= mixed >>> 16;
        sums[mixed & DIMENSIONS - 1] += mixed < 0 ? -weight : weight;
    }

    private static float[] normalized(float[] sums) {
        float square = 0;
        for (int i = 0; i < sums.length; i++) {
            float damped = (float) Math.sqrt(Math.abs(sums[i]));
            sums[i] = sums[i] < 0 ? -damped : damped;
            square += sums[i] * sums[i];
        }
        if (square > 0) {
            float scale = (float) (1 / Math.sqrt(square));
            for (int i = 0; i < sums.length; i++) {
                sums[i] *= scale;
            }
        }
        return sums;
    }
}
