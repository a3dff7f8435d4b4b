package io.polymq.mq9.registry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * BM25 over the agents of one tenant: for each word the documents that have it and how often.
 * Removed documents stay in the lists until a quarter of all is dead. Guarded by its owner's lock.
 */
final class TextIndex {

    private static final float K1 = 1.2f;
    private static final float B = 0.75f;
    private static final int MAX_WORDS = 5000;
    private static final int MAX_QUESTION = 32;
    private static final int WORTH_SWEEPING = 1024;

    /** Documents with one word, in the order of their numbers. */
    private static final class Postings {
        private int[] documents = new int[4];
        private float[] counts = new float[4];
        private int size;
        private int alive;

        void add(int document, float count) {
            if (size == documents.length) {
                documents = Arrays.copyOf(documents, size * 2);
                counts = Arrays.copyOf(counts, size * 2);
            }
            documents[size] = document;
            counts[size++] = count;
            alive++;
        }
    }

    private final Map<String, Postings> words = new HashMap<>();
    private final List<String @Nullable []> wordsOf = new ArrayList<>();
    private float[] lengths = new float[16];
    private double totalLength;
    private int alive;

    /** Numbers are given out in order, and again only after {@link #needsSweep}. */
    int add(List<Weighted> texts) {
        Map<String, Float> counts = new HashMap<>();
        float length = 0;
        for (Weighted text : texts) {
            for (String word : Words.of(text.text(), MAX_WORDS)) {
                counts.merge(word, (float) text.weight(), Float::sum);
                length += text.weight();
            }
        }
        int document = wordsOf.size();
        wordsOf.add(counts.keySet().toArray(String[]::new));
        if (document == lengths.length) {
            lengths = Arrays.copyOf(lengths, document * 2);
        }
        lengths[document] = length;
        totalLength += length;
        alive++;
        counts.forEach(
                (word, count) ->
                        words.computeIfAbsent(word, absent -> new Postings()).add(document, count));
        return document;
    }

    void remove(int document) {
        String[] known = wordsOf.set(document, null);
        if (known == null) {
            return;
        }
        alive--;
        totalLength -= lengths[document];
        for (String word : known) {
            Postings postings = words.get(word);
            if (postings != null && --postings.alive == 0) {
                words.remove(word);
            }
        }
    }

    boolean isAlive(int document) {
        return wordsOf.get(document) != null;
    }

    /** How many numbers have been given out. */
    int documents() {
        return wordsOf.size();
    }

    /** Whether so much is dead that a new index is worth its making. */
    boolean needsSweep() {
        int dead = wordsOf.size() - alive;
        return dead > WORTH_SWEEPING && dead > wordsOf.size() / 4;
    }

    /** The score of every document; zero where nothing matches. */
    float[] scores(String question) {
        float[] scores = new float[wordsOf.size()];
        double average = Math.max(1, totalLength / Math.max(1, alive));
        float shortest = K1 * (1 - B);
        float perWord = (float) (K1 * B / average);
        for (String word : Words.of(question, MAX_QUESTION).stream().distinct().toList()) {
            Postings postings = words.get(word);
            if (postings == null) {
                continue;
            }
            float rarity =
                    (float) Math.log(1 + (alive - postings.alive + 0.5) / (postings.alive + 0.5));
            for (int i = 0; i < postings.size; i++) {
                int document = postings.documents[i];
                float count = postings.counts[i];
                float norm = shortest + perWord * lengths[document];
                scores[document] += rarity * count * (K1 + 1) / (count + norm);
            }
        }
        return scores;
    }
}
