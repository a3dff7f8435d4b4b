package io.polymq.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Has jcstress look for outcomes that must not be in the parts without locks: each {@code *Stress}
 * class, millions of times, interpreted and compiled, on every core.
 */
@Tag("long")
class StressTest {

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void noForbiddenOutcomeIsFound(@TempDir Path results) throws Exception {
        Path log = results.resolve("log");
        Process jcstress =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                "org.openjdk.jcstress.Main",
                                "-m",
                                "quick",
                                "-t",
                                "io.polymq",
                                "-r",
                                results.toString())
                        .directory(results.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        assertThat(jcstress.waitFor()).as("%s", log).isZero();
        assertThat(log)
                .content()
                .containsPattern(
                        "Results: (\\d+) planned; \\1 passed, 0 failed, 0 soft errs, 0 hard")
                .doesNotContain("FORBIDDEN");
    }
}
