package io.polymq.core.subject;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SubjectCacheTest {

    @Test
    void theSameBytesGiveTheSameSubject() {
        SubjectCache cache = new SubjectCache(64);
        byte[] bytes = "xxa/b.cxx".getBytes(UTF_8);
        Subject slashed = cache.slashed(bytes, 2, 5);
        assertThat(slashed).hasToString("a.b/c").isSameAs(cache.slashed(bytes, 2, 5));
        Subject dotted = cache.dotted(bytes, 2, 5);
        assertThat(dotted).hasToString("a/b.c").isSameAs(cache.dotted(bytes, 2, 5));
    }

    @Test
    void manySubjectsAreAllFoundRightThoughFewAreKept() {
        SubjectCache cache = new SubjectCache(16);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1000; i++) {
                byte[] bytes = ("s." + i).getBytes(UTF_8);
                assertThat(cache.dotted(bytes, 0, bytes.length)).hasToString("s." + i);
            }
        }
    }
}
