package io.polymq.mq9.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IndexesTest {

    private final NgramEmbedder embedder = new NgramEmbedder();

    private static List<Weighted> text(String text) {
        return List.of(new Weighted(text, 1));
    }

    @Test
    void rareWordsCountMoreThanCommonOnes() {
        TextIndex index = new TextIndex();
        for (int i = 0; i < 20; i++) {
            index.add(text("agent number " + i));
        }
        int rare = index.add(text("agent with a telescope"));

        float[] scores = index.scores("agent telescope");

        for (int i = 0; i < rare; i++) {
            assertThat(scores[rare]).isGreaterThan(scores[i]);
        }
    }

    @Test
    void removedDocumentsAreCountedNoMore() {
        TextIndex index = new TextIndex();
        int one = index.add(text("paints"));
        index.add(text("paints and cooks"));
        float before = index.scores("paints")[1];

        index.remove(one);

        assertThat(index.isAlive(one)).isFalse();
        assertThat(index.scores("paints")[1]).isNotEqualTo(before);
        assertThat(index.scores("nothing")).containsOnly(0f);
    }

    @Test
    void wordsAreCutAtCapitalsAndIdeographsStandAlone() {
        assertThat(Words.of("TranslateText, v2! 翻译", 100))
                .containsExactly("translate", "text", "translatetext", "v2", "翻", "译");
        assertThat(Words.of("boxes glass", 100)).containsExactly("boxe", "glass");
        assertThat(Words.of("a b c d", 2)).hasSize(2);
    }

    @Test
    void vectorsHaveLengthOneAndLikeTextsAreNear() {
        float[] one = embedder.embed("translate documents");
        float[] like = embedder.embed("document translation");
        float[] other = embedder.embed("weather forecasts for pilots");

        assertThat(dot(one, one)).isCloseTo(1f, offset(0.001f));
        assertThat(dot(one, like)).isGreaterThan(dot(one, other) + 0.2f);
        assertThat(embedder.embed("")).containsOnly(0f);
    }

    private static float dot(float[] a, float[] b) {
        float sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Test
    void theNearestVectorIsFoundAmongMany() {
        VectorIndex index = new VectorIndex(embedder.dimensions());
        Random random = new Random(5);
        for (int i = 0; i < 5000; i++) {
            index.add(embedder.embed("agent " + Long.toString(random.nextLong(), 36)));
        }
        index.add(embedder.embed("grows tomatoes in greenhouses"));

        float[] scores = index.scores(embedder.embed("greenhouse tomatoes"), 10);

        int best = 0;
        for (int i = 0; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        assertThat(best).isEqualTo(5000);
    }
}
