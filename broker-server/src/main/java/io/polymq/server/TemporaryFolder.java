package io.polymq.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A folder that goes when the process ends in good order. Any thread. */
record TemporaryFolder(Path path) {
    private static final Logger LOG = LoggerFactory.getLogger(TemporaryFolder.class);

    static TemporaryFolder create(String prefix) throws IOException {
        return new TemporaryFolder(Files.createTempDirectory(prefix));
    }

    void remove() {
        try {
            removeTree(path);
        } catch (IOException left) {
            LOG.warn("The temporary folder {} stays behind", path, left);
        }
    }

    /** Removes a folder with all that is in it, if it is there. */
    static void removeTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
