package io.polymq.mq9.registry;

import java.util.Arrays;
import java.util.Random;

/**
 * Finds the vectors nearest to one: all are compared by a signature of one bit a dimension (the
 * signs after a random rotation), the best of those by the vectors themselves, kept as bytes.
 * Approximate in what it leaves out, not in the order of what it finds. Guarded by its owner's
 * lock.
 */
final class VectorIndex {

    private static final int FEWEST_CANDIDATES = 1000;
    private static final long ROTATION = 0x6D7139;
    private static final float SCALE = 127f;

    private final int dimensions;
    private final int words;
    private final boolean[] flips;
    private long[] signatures;
    private byte[][] vectors;
    private int size;

    VectorIndex(int dimensions) {
        if (Integer.bitCount(dimensions) != 1 || dimensions < Long.SIZE) {
            throw new IllegalArgumentException(
                    "an embedder has a power of two of dimensions, 64 at least: " + dimensions);
        }
        this.dimensions = dimensions;
        this.words = dimensions / Long.SIZE;
        this.flips = new boolean[dimensions];
        Random random = new Random(ROTATION);
        for (int i = 0; i < dimensions; i++) {
            flips[i] = random.nextBoolean();
        }
        this.signatures = new long[16 * words];
        this.vectors = new byte[16][];
    }

    /** Gives the next number to a vector. */
    void add(float[] vector) {
        if (size == vectors.length) {
            vectors = Arrays.copyOf(vectors, size * 2);
            signatures = Arrays.copyOf(signatures, size * 2 * words);
        }
        vectors[size] = quantized(vector);
        System.arraycopy(signature(vector), 0, signatures, size * words, words);
        size++;
    }

    /**
     * The likeness, up to one, of the documents that may be among the best; zero for all others.
     */
    float[] scores(float[] question, int wanted) {
        long[] asked = signature(question);
        byte[] bytes = quantized(question);
        int[] distances = new int[size];
        int[] histogram = new int[dimensions + 1];
        for (int i = 0; i < size; i++) {
            int distance = 0;
            for (int word = 0; word < words; word++) {
                distance += Long.bitCount(signatures[i * words + word] ^ asked[word]);
            }
            distances[i] = distance;
            histogram[distance]++;
        }
        int within = 0;
        int most = Math.max(FEWEST_CANDIDATES, wanted);
        for (int count = histogram[0]; within < dimensions && count < most; ) {
            count += histogram[++within];
        }
        float[] scores = new float[size];
        for (int i = 0; i < size; i++) {
            if (distances[i] <= within) {
                scores[i] = likeness(vectors[i], bytes);
            }
        }
        return scores;
    }

    private static float likeness(byte[] one, byte[] other) {
        int sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return Math.max(0, sum / (SCALE * SCALE));
    }

    private byte[] quantized(float[] vector) {
        byte[] bytes = new byte[dimensions];
        for (int i = 0; i < dimensions; i++) {
            bytes[i] = (byte) Math.round(Math.clamp(vector[i], -1f, 1f) * SCALE);
        }
        return bytes;
    }

    /** The signs after flipping and a Hadamard transform, which spreads each dimension over all. */
    private long[] signature(float[] vector) {
        float[] turned = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            turned[i] = flips[i] ? -vector[i] : vector[i];
        }
        for (int half = 1; half < dimensions; half *= 2) {
            for (int block = 0; block < dimensions; block += half * 2) {
                for (int i = block; i < block + half; i++) {
                    float a = turned[i];
                    float b = turned[i + half];
                    turned[i] = a + b;
                    turned[i + half] = a - b;
                }
            }
        }
        long[] signature = new long[words];
        for (int i = 0; i < dimensions; i++) {
            if (turned[i] > 0) {
                signature[i / Long.SIZE] |= 1L << i % Long.SIZE;
            }
        }
        return signature;
    }
}
