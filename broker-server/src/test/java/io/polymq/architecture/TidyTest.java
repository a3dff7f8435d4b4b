package io.polymq.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * Sizes and habits of the main sources of all modules. There is no list of exceptions, and none is
 * meant to grow.
 */
class TidyTest {
    private static final int HARD_LIMIT = 700;
    private static final int WORTH_A_LOOK = 400;

    private final Path root = root();

    @Test
    void noFileIsLongerThan700Lines(TestReporter reporter) throws IOException {
        Map<String, Integer> worthALook = new TreeMap<>();
        Map<String, Integer> tooLong = new TreeMap<>();
        for (Path source : mainSources()) {
            int lines = Files.readAllLines(source).size();
            if (lines > WORTH_A_LOOK) {
                worthALook.put(name(source), lines);
            }
            if (lines > HARD_LIMIT) {
                tooLong.put(name(source), lines);
            }
        }
        worthALook.forEach((name, lines) -> reporter.publishEntry(name, lines + " lines"));
        assertThat(tooLong).as("files of more than %d lines: split them", HARD_LIMIT).isEmpty();
    }

    @Test
    void everyPackageIsDescribedAndNullMarked() throws IOException {
        List<String> bare = new ArrayList<>();
        for (Path directory : mainSources().stream().map(Path::getParent).distinct().toList()) {
            Path description = directory.resolve("package-info.java");
            if (!Files.exists(description)
                    || !Files.readString(description).contains("NullMarked\npackage ")) {
                bare.add(name(directory));
            }
        }
        assertThat(bare).as("packages without a @NullMarked package-info.java").isEmpty();
    }

    private List<Path> mainSources() throws IOException {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path module : modules.map(path -> path.resolve("src/main/java")).toList()) {
                if (Files.isDirectory(module)) {
                    try (Stream<Path> files = Files.walk(module)) {
                        files.filter(path -> path.toString().endsWith(".java"))
                                .forEach(sources::add);
                    }
                }
            }
        }
        assertThat(sources).isNotEmpty();
        return sources;
    }

    private String name(Path path) {
        return root.relativize(path).toString();
    }

    private static Path root() {
        try {
            Path directory = Path.of("").toRealPath();
            while (!Files.exists(directory.resolve("mvnw"))) {
                directory = directory.getParent();
            }
            return directory;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
